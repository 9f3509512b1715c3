# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""One life of testpmd until its first packet, and the suite start, with stand-ins for testpmd and for the wire."""
import contextlib
import io
import os
import unittest.mock

import tap
from iommufd_perf import first_packet, start
from iommufd_perf.first_packet import Testpmd
from iommufd_perf.messages import Failed
from iommufd_perf.options import Options
from iommufd_perf.report import Report
from stand_in_place import WithStandIns

TRACE = 'mmap(0x1, 2, MAP_SHARED|MAP_POPULATE, 21, 0) = 0x1 <0.002>\nioctl(9, VFIO_IOMMU_MAP_DMA, {argsz=32}) = 0 <0.001>\n'


class FifoWire:
    """A wire on which whoever writes into the file sends."""

    def __init__(self, path):
        os.mkfifo(path)
        self.file = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self.states = []

    def fileno(self):
        return self.file

    def received(self):
        with contextlib.suppress(BlockingIOError):
            return bool(os.read(self.file, 65536))
        return False

    def up(self):
        while self.received():
            pass
        self.states.append('up')

    def down(self):
        self.states.append('down')

    def close(self):
        os.close(self.file)


class Lives(WithStandIns):
    def setUp(self):
        super().setUp()
        path = self.folder / 'wire'
        self.wire = FifoWire(path)
        self.addCleanup(self.wire.close)
        self.replace(unittest.mock.patch.dict(os.environ, {'STAND_IN_WIRE': str(path)}))

    def run_once(self, trace=None):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            taken = first_packet.run(Testpmd('0000:01:00.0', 'backend=stock', 'stock', ('-m', '64'), trace), self.wire)
        self.said = said.getvalue()
        return taken

    def test_its_first_packet_ends_it(self):
        self.assertGreater(self.run_once(), 0)
        self.assertEqual(self.wire.states, ['up', 'down'])
        self.assertRegex(self.said, 'testpmd, RTE_IOMMUFD=backend=stock: first packet after [0-9.]+ s')

    def test_it_begins_and_ends_without_its_files(self):
        (self.hugepages / 'iommufd-perfmap_0').touch()
        self.run_once()
        self.assertEqual(list(self.hugepages.iterdir()), [])

    def test_a_line_has_to_name_the_backend(self):
        self.wrong('no-backend')
        with self.assertRaisesRegex(Failed, '(?s)no line of testpmd names the backend stock.*IOMMUFD: 0000:01:00.0: nothing'):
            self.run_once()

    def test_it_has_to_end_in_order(self):
        self.wrong('bad-end')
        with self.assertRaisesRegex(Failed, 'testpmd ended with status 1 before all was measured'):
            self.run_once()

    def test_who_sends_nothing_is_given_up(self):
        self.replace(unittest.mock.patch.object(first_packet, 'PATIENCE', 0.3))
        self.wrong('silent')
        with self.assertRaisesRegex(Failed, 'testpmd was given up after 0.3 s'):
            self.run_once()

    def test_the_suite_gives_times_their_ratio_and_what_they_are_made_of(self):
        strace = self.folder / 'strace'  # writes what it would have seen, and runs the program
        strace.write_text('#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\n'
                          f'printf "%s" "{TRACE}" >"$2.1"\nshift 2\nexec "$@"\n', encoding='ascii')
        strace.chmod(0o755)
        self.replace(unittest.mock.patch.dict(os.environ, {'PATH': f'{self.folder}:{os.environ["PATH"]}'}))
        self.replace(unittest.mock.patch.object(start, 'Wire', lambda interface: self.wire))
        self.replace(unittest.mock.patch.object(self.wire, 'close', lambda: None))
        report = Report()
        with contextlib.redirect_stderr(io.StringIO()) as said:
            start.measure(Options(devices=['0000:01:00.0'], wire='eth0', size=64 << 20, repeat=2, warmup=1), report)
        self.assertEqual(said.getvalue().count('first packet after'), 2 * 2 * (3 + 1))
        samples = {figure.name: figure.samples for figure in report.figures}
        self.assertEqual(len(samples), 2 * (2 + 1 + 2 * 3))
        self.assertEqual(len(samples['start, --legacy-mem -m 64: ours / stock']), 2)
        parts = [samples[f'start, -m 64: ours, traced: {part}'][0] for part in ('clearing memory', 'mapping it', 'all else')]
        self.assertAlmostEqual(sum(parts), 100)
        self.assertAlmostEqual(parts[0], 2 * parts[1])


tap.run()
