# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Figures as a table and as JSON, and whether their targets hold."""
import contextlib
import io
import json
import tempfile
import unittest

import tap
from iommufd_perf.messages import Failed
from iommufd_perf.report import Report

THREE = [2, 8, 4]
SIX = [1, 2, 3, 4, 5, 6]


class Reports(unittest.TestCase):
    def setUp(self):
        self.report = Report()

    def table(self):
        out = io.StringIO()
        self.report.print_new(out)
        return out.getvalue()

    def add(self, kind, samples, name, **more):
        """Said is what there is to say: nothing is lost in the log of the tests."""
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            self.report.add(kind, samples, name, **more)
        return said.getvalue()

    def written(self):
        with tempfile.NamedTemporaryFile() as file:
            self.report.write(file.name)
            return json.load(file)

    def test_without_a_target_all_holds(self):
        self.add('milliseconds', THREE, 'plain')
        self.assertTrue(self.report.targets_hold())
        self.assertNotIn('target', self.table())

    def test_the_median_has_to_reach_the_target(self):
        self.add('ratio', THREE, 'a name', at_least=4)
        self.assertTrue(self.report.targets_hold())
        table = self.table()
        self.assertIn('a name', table)
        self.assertIn('target at least 4: holds', table)
        self.add('ratio', THREE, 'a name', at_least=4.001)
        self.assertFalse(self.report.targets_hold())

    def test_the_median_has_to_stay_below_the_target(self):
        self.add('cost', THREE, 'cost', at_most=4)
        self.assertTrue(self.report.targets_hold())
        self.add('cost', THREE, 'cost', at_most=3.999)
        self.assertFalse(self.report.targets_hold())
        self.assertIn('target at most 3.999: DOES NOT HOLD', self.table())

    def test_a_target_can_have_two_ends(self):
        self.add('cost', THREE, 'both', at_least=3, at_most=5)
        self.assertTrue(self.report.targets_hold())
        self.add('cost', THREE, 'both', at_least=5, at_most=6)
        self.assertFalse(self.report.targets_hold())

    def test_a_target_is_decided_when_the_interval_is_on_one_side(self):
        for kind, target, told in (('ratio', {'at_least': 1}, '95 %: 1 to 6  target at least 1: holds\n'),
                                   ('ratio', {'at_least': 1.5}, 'at least 1.5: holds, NOT DECIDED by these turns\n'),
                                   ('cost', {'at_most': 3}, 'at most 3: DOES NOT HOLD, NOT DECIDED by these turns\n'),
                                   ('cost', {'at_most': 0.9}, 'at most 0.9: DOES NOT HOLD\n'),
                                   ('cost', {'at_most': 6}, 'at most 6: holds\n')):
            self.add(kind, SIX, 'figure', **target)
            self.assertIn(told, self.table())

    def test_few_turns_decide_only_what_is_always_the_same(self):
        for samples, told in (([3, 3], 'holds\n'), ([3], 'holds, NOT DECIDED'), ([3, 4, 5], 'holds, NOT DECIDED')):
            self.add('ratio', samples, 'figure', at_least=3)
            self.assertIn(f'at least 3: {told}', self.table())

    def test_a_figure_without_samples_is_a_failure(self):
        self.assertIn('nothing: no figure: no samples', self.add('ratio', [], 'nothing'))
        self.assertFalse(self.report.targets_hold())
        with self.assertRaisesRegex(Failed, 'not all figures'):
            self.report.write('/dev/null')

    def test_a_ratio_to_nothing_is_a_failure(self):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.report.add_ratio('ratio', [1, 2], [1, 0], 'nothing')
        self.assertIn('nothing: no figure: a divisor is not above 0', said.getvalue())
        self.assertFalse(self.report.targets_hold())

    def test_each_figure_is_printed_once(self):
        self.add('ratio', THREE, 'first')
        self.assertIn('first', self.table())
        self.add('ratio', THREE, 'second')
        table = self.table()
        self.assertIn('second', table)
        self.assertNotIn('first', table)
        self.assertEqual(self.table(), '')

    def test_ratios_tell_that_of_the_lowest(self):
        """Median of 2, 8, 8; 2 / 0.5."""
        self.report.add_ratio('ratio', THREE, [1, 1, 0.5], 'ratio')
        self.assertIn('          8           2           8           4  times', self.table())

    def test_numbers_have_as_many_places_as_say_something(self):
        self.add('milliseconds', [0.12345, 12.3456, 123.456], 'figure')
        self.assertIn('      12.35       0.123       123.5              ms', self.table())

    def test_a_file_that_cannot_be_written_is_a_failure(self):
        self.add('ratio', THREE, 'figure')
        with self.assertRaisesRegex(Failed, '/nonexistent/file'):
            self.report.write('/nonexistent/file')

    def test_all_is_in_the_file(self):
        self.report = Report([('commit', '1a=b')])
        self.add('cost', THREE, 'cost', at_most=3)
        self.add('cost', THREE, '8: a', point={'curve': 'curve a', 'x': 8, 'unit': 'MiB'})
        root = self.written()
        self.assertEqual((root['program'], root['facts']), ('dpdk-iommufd-perf', {'commit': '1a=b'}))
        self.assertEqual(root['figures'][0], {
            'name': 'cost', 'unit': 'times', 'better': 'lower', 'comparable': True, 'median': 4, 'lowest': 2, 'highest': 8,
            'samples': THREE, 'at most': 3, 'holds': False, 'decided': False})
        self.assertEqual(root['figures'][1]['point'], {'curve': 'curve a', 'x': 8, 'unit': 'MiB'})

    def test_the_file_has_the_interval_and_the_ratio_of_the_lowest(self):
        self.report.add_ratio('ratio', SIX, [2] * 6, 'ratio')
        figure, = self.written()['figures']
        self.assertEqual((figure['95 %'], figure['of lowest']), ({'low': 0.5, 'high': 3}, 0.5))
        self.assertNotIn('holds', figure)


tap.run()
