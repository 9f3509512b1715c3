# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The interval of a median, and the ratios of turns."""
import math
import unittest

import tap
from iommufd_perf.samples import interval, ratios


class Samples(unittest.TestCase):
    def test_few_samples_tell_no_interval(self):
        self.assertIsNone(interval([]))
        self.assertIsNone(interval([1, 2, 3, 4, 5]))

    def test_the_interval_leaves_out_what_chance_allows(self):
        """As in tables of the sign test: 2 * P(at most k of n) <= 0.05 for k = 0, 0, 1, 4, 5."""
        self.assertEqual(interval([6, 5, 4, 3, 2, 1]), (1, 6))
        for count, bounds in ((8, (1, 8)), (9, (2, 8)), (17, (5, 13)), (20, (6, 15))):
            self.assertEqual(interval(range(1, count + 1)), bounds)

    def test_ratios_are_those_of_the_same_turn(self):
        self.assertEqual(ratios([10, 20, 30, 40], [5, 2, 10]), [2, 10, 3])

    def test_there_is_no_ratio_to_nothing(self):
        for nothing in (0, -1, math.nan):
            with self.assertRaises(ValueError):
                ratios([1], [nothing])


tap.run()
