# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""How turns are made of bursts: who is when, with which device, and what is divided by what. The senders are numbers."""
import contextlib
import io
import unittest.mock

import tap
from iommufd_perf import forward, sva_forward
from iommufd_perf.options import Options
from iommufd_perf.sender import Burst


class Numbers:
    """In the place of a sender: each burst takes a second and has so many packets, which cost so much."""
    log = []

    def __init__(self, device, settings, backend, prefix):
        self.device, self.settings, self.backend, self.prefix = device, settings, backend, prefix
        self.bursts = 0

    def __enter__(self):
        self.log.append(self)
        return self

    def __exit__(self, *problem):
        pass

    def burst(self, seconds, meter=None):
        """Of a machine that becomes slower from burst to burst: a ratio of one round does not see it."""
        self.bursts += 1
        self.log.append(self.prefix)
        packets = {'stock': 1000, 'shared': 900, 'single': 1100, 'iova': 1000, 'sva': 950}[self.prefix.split('-')[-1]]
        return Burst(packets / self.bursts, 1.0, 7000.0)

    def counter(self, name):
        return 5 * self.bursts


class Turns(unittest.TestCase):
    def setUp(self):
        Numbers.log.clear()
        for suite in (forward, sva_forward):
            patch = unittest.mock.patch.object(suite, 'Sender', Numbers)
            patch.start()
            self.addCleanup(patch.stop)
        quiet = contextlib.redirect_stderr(io.StringIO())
        quiet.__enter__()
        self.addCleanup(quiet.__exit__, None, None, None)

    def test_ratios_are_those_of_a_round(self):
        turn = forward.one_turn(Options(devices=['a', 'b', 'c']), 0, None)
        self.assertAlmostEqual(turn.ratios[forward.SHARED].rate, 0.9)
        self.assertAlmostEqual(turn.ratios[forward.PER_DEVICE].rate, 1.1)
        self.assertAlmostEqual(turn.figures[forward.STOCK].rate, (1000 / 6 + 1000 / 7) / 2)
        self.assertIsNone(turn.figures[forward.STOCK].time)

    def test_time_for_a_packet_is_what_the_processor_had(self):
        turn = forward.one_turn(Options(devices=['a', 'b', 'c']), 0, unittest.mock.Mock())
        self.assertAlmostEqual(turn.figures[forward.STOCK].time, (7 * 6 + 7 * 7) / 2)
        self.assertAlmostEqual(turn.ratios[forward.SHARED].time, 1 / 0.9)

    def test_each_order_of_the_three_comes_twice(self):
        orders = [tuple(forward.order(number)) for number in range(forward.ROUNDS)]
        self.assertEqual(len(set(orders)), 6)
        self.assertTrue(all(orders.count(one) == 2 for one in orders))
        self.assertTrue(all(len(set(one)) == 3 for one in orders))

    def test_three_turns_give_each_way_each_of_the_last_devices(self):
        for number in range(3):
            forward.one_turn(Options(devices=['first', 'a', 'b', 'c']), number, None)
        lives = [entry for entry in Numbers.log if isinstance(entry, Numbers)]
        for side in forward.SIDES:
            self.assertEqual(sorted(life.device for life in lives if life.settings == side.settings), ['a', 'b', 'c'])
        for turn in range(3):
            self.assertEqual(len({life.device for life in lives[3 * turn:3 * turn + 3]}), 3)

    def test_nine_turns_give_each_way_each_device_in_each_place_of_the_starts(self):
        turns = [list(forward.starts('abc', number)) for number in range(9)]
        for side in forward.SIDES:
            places = {(place, device) for turn in turns for place, (which, device) in enumerate(turn) if which is side}
            self.assertEqual(len(places), 9)

    def test_with_sva_who_begins_alternates(self):
        turn = sva_forward.one_turn(Options(svanics=['a', 'b']), 1)
        bursts = [entry.split('-')[-1] for entry in Numbers.log if isinstance(entry, str)]
        self.assertEqual(bursts, ['iova', 'sva', 'sva', 'iova'] * (sva_forward.ROUNDS // 2))
        lives = [entry for entry in Numbers.log if isinstance(entry, Numbers)]
        self.assertEqual([life.device for life in lives], ['b,sva=0', 'a,sva=1'])
        self.assertAlmostEqual(turn.ratio, 0.95)
        self.assertEqual(turn.requests, 5 * sva_forward.ROUNDS // 2)


tap.run()
