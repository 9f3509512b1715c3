# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""A testpmd that sends in bursts, with a stand-in for it: commands by its terminal, counters by its telemetry, and its end."""
import contextlib
import io
import os
import unittest.mock

import tap
from iommufd_perf import child, forward, sender, sva_forward
from iommufd_perf.messages import Failed
from iommufd_perf.options import Options
from iommufd_perf.report import Report
from iommufd_perf.sender import Sender
from stand_in_place import WithStandIns


class OneSender(WithStandIns):
    def sender(self):
        return Sender('0000:01:00.0', 'backend=iommufd,ioas=shared', 'iommufd', 'perf-test')

    def fails(self, sentence, use=lambda sending: None):
        with self.assertRaisesRegex(Failed, sentence), self.sender() as sending:
            use(sending)

    def test_a_burst_has_packets_time_and_what_the_meter_says(self):
        meter = iter((100, 350)).__next__
        with self.sender() as sending:
            burst = sending.burst(0.05, meter)
            self.assertEqual((burst.packets, burst.metered), (1000, 250))
            self.assertGreaterEqual(burst.seconds, 0.05)
            self.assertEqual(sending.burst(0).packets, 1000)

    def test_counters_are_those_of_the_device(self):
        with self.sender() as sending:
            self.assertEqual(sending.counter('q0_page_requests'), 0)
            sending.burst(0)
            self.assertEqual(sending.counter('q0_page_requests'), 3)

    def test_it_has_ended_and_left_no_files(self):
        (self.hugepages / 'perf-testmap_0').touch()
        (self.hugepages / 'perf-othermap_0').touch()
        with self.sender() as sending:
            self.assertFalse((self.hugepages / 'perf-testmap_0').exists())
            (self.hugepages / 'perf-testmap_1').touch()
        self.assertEqual(sending.process.returncode, 0)
        self.assertEqual([path.name for path in self.hugepages.iterdir()], ['perf-othermap_0'])

    def test_its_addresses_are_not_randomized(self):
        before = child.LIBC.personality(0xffffffff)
        if child.LIBC.personality(before | child.ADDR_NO_RANDOMIZE) < 0:
            self.skipTest('personality() is not allowed here')
        child.LIBC.personality(before)
        with self.sender() as sending, open(f'/proc/{sending.process.pid}/personality', encoding='ascii') as file:
            self.assertTrue(int(file.read(), 16) & child.ADDR_NO_RANDOMIZE)

    def test_a_line_has_to_name_the_backend(self):
        self.wrong('no-backend')
        self.fails('no line of testpmd names the backend iommufd:')

    def test_what_it_has_said_is_shown_when_it_ends(self):
        self.wrong('early-end')
        self.fails('(?s)RTE_IOMMUFD=backend=iommufd,ioas=shared, does not answer:.*backend iommufd: asked for')

    def test_who_does_not_answer_is_not_waited_for(self):
        self.replace(unittest.mock.patch.object(sender, 'PATIENCE', 0))
        self.fails('does not answer')

    def test_a_burst_without_packets_is_a_failure(self):
        self.wrong('silent')
        self.fails('has sent nothing', lambda sending: sending.burst(0))

    def test_it_has_to_end_in_order(self):
        self.wrong('bad-end')
        self.fails('did not end in order')

    def test_without_telemetry_it_is_not_used(self):
        self.wrong('no-telemetry')
        self.fails('perf-test/dpdk_telemetry.v2: no telemetry')

    def test_a_counter_may_be_missing(self):
        self.wrong('no-counter')
        self.fails('the device has no counter q0_page_requests', lambda sending: sending.counter('q0_page_requests'))

    def test_a_program_that_is_not_there_is_named(self):
        self.replace(unittest.mock.patch.dict(os.environ, {'PATH': '/nonexistent'}))
        self.fails('dpdk-testpmd: No such file')


class Suites(WithStandIns):
    """Whole suites, with short bursts."""

    def setUp(self):
        super().setUp()
        for suite in (forward, sva_forward):
            self.replace(unittest.mock.patch.object(suite, 'BURST', 0))
        self.processors = os.sched_getaffinity(0)

    def measured(self, suite, **options):
        report = Report()
        with contextlib.redirect_stderr(io.StringIO()) as said:
            suite.measure(Options(repeat=2, warmup=1, **options), report)
        self.assertEqual(said.getvalue().count(': turn '), 3)
        self.assertEqual(os.sched_getaffinity(0), self.processors)
        return {figure.name: figure.samples for figure in report.figures}

    def test_forward_gives_rates_and_ratios(self):
        figures = self.measured(forward, devices=['a', 'b', 'c', 'd'])
        self.assertEqual(list(figures), ['forward: stock', 'forward: ours, shared', 'forward: ours, per-device',
                                         'forward: ours, shared / stock', 'forward: ours, per-device / stock'])
        for samples in figures.values():
            self.assertEqual(len(samples), 2)
            self.assertGreater(min(samples), 0)

    def test_forward_tells_the_processors_time_where_somebody_knows_it(self):
        own = f'/proc/{os.getpid()}/schedstat'
        figures = self.measured(forward, devices=['a', 'b', 'c'], cpu_time=own)
        self.assertEqual(len(figures), 10)
        self.assertGreater(min(figures["forward: stock: processor's time for a packet"]), 0)
        self.assertIn("forward: ours, shared / stock: processor's time for a packet", figures)

    def test_a_processor_without_time_is_a_failure(self):
        still = self.folder / 'schedstat'
        for text, sentence in (('5 6 7', 'had no time'), ('', 'has no number')):
            still.write_text(text, encoding='ascii')
            with self.assertRaisesRegex(Failed, sentence):
                self.measured(forward, devices=['a', 'b', 'c'], cpu_time=str(still))
        with self.assertRaisesRegex(Failed, 'No such file'):
            self.measured(forward, devices=['a', 'b', 'c'], cpu_time='/nonexistent')

    def test_sva_forward_counts_requests_of_the_second_half(self):
        figures = self.measured(sva_forward, svanics=['a', 'b'])
        self.assertEqual(list(figures), ['sva-forward: sva=0', 'sva-forward: sva=1', 'sva-forward: sva=1 / sva=0',
                                         'sva-forward: sva=1: page requests under way'])
        self.assertEqual(figures['sva-forward: sva=1: page requests under way'], [3 * 6] * 2)


tap.run()
