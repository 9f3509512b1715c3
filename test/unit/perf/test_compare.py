# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Two reports side by side: what counts as worse, and what is no report."""
import io
import json
import pathlib
import tempfile
import unittest

import tap
from iommufd_perf.compare import compare
from iommufd_perf.messages import WrongUse


def figure(name, better, comparable, median):
    return {'name': name, 'unit': 'times', 'better': better, 'comparable': comparable, 'median': median}


def report(*figures):
    return json.dumps({'figures': figures})


GOOD = report(figure('f', 'lower', True, 1))


class Comparisons(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.old, self.new = (pathlib.Path(folder.name) / name for name in ('old', 'new'))

    def compare(self, old_text, new_text, tolerance=0.05):
        """How many are worse; the table is in self.table."""
        self.old.write_text(old_text, encoding='utf-8')
        self.new.write_text(new_text, encoding='utf-8')
        out = io.StringIO()
        bad = compare(self.old, self.new, tolerance, out)
        self.table = out.getvalue()
        return bad

    def change(self, better, comparable, old_median, new_median):
        """One figure, which went from one value to another, at 5 %."""
        return self.compare(report(figure('f', better, comparable, old_median)), report(figure('f', better, comparable, new_median)))

    def test_a_report_is_not_worse_than_itself(self):
        for better, old, new in (('higher', 10.0, 10), ('lower', 10.0, 10.0), ('lower', 0, 0.0)):
            self.assertEqual(self.change(better, True, old, new), 0)
            self.assertIn('same', self.table)

    def test_lower_is_worse_where_higher_is_better(self):
        self.assertEqual(self.change('higher', True, 10, 9.4), 1)
        self.assertIn('-6.0 %  WORSE', self.table)
        self.assertEqual(self.change('higher', True, 10, 20), 0)
        self.assertIn('better', self.table)

    def test_higher_is_worse_where_lower_is_better(self):
        self.assertEqual(self.change('lower', True, 10, 10.6), 1)
        self.assertIn('WORSE', self.table)
        self.assertEqual(self.change('lower', True, 10, 5), 0)
        self.assertIn('better', self.table)

    def test_the_border_itself_is_tolerated(self):
        for better, old, new, worse in (('higher', 10, 9.5, 0), ('higher', 10, 9.499, 1), ('lower', 10, 10.5, 0), ('lower', 10, 10.501, 1),
                                        ('lower', 0.3, 0.315, 0)):
            self.assertEqual(self.change(better, True, old, new), worse)

    def test_anything_is_more_than_nothing(self):
        self.assertEqual(self.change('lower', True, 0, 1), 1)
        self.assertEqual(self.change('higher', True, 0, -1), 1)

    def test_no_tolerance_tolerates_nothing(self):
        old = report(figure('f', 'lower', True, 100))
        self.assertEqual(self.compare(old, old, 0), 0)
        self.assertEqual(self.compare(old, report(figure('f', 'lower', True, 100.1)), 0), 1)

    def test_absolute_figures_are_shown_but_not_compared(self):
        self.assertEqual(self.change('lower', False, 10, 1000), 0)
        self.assertIn('not compared', self.table)
        self.assertIn('1000', self.table)

    def test_a_missing_figure_is_named_and_counts(self):
        kept = figure('kept', 'lower', True, 1)
        self.assertEqual(self.compare(report(kept, figure('lost', 'lower', False, 1)), report(kept)), 1)
        self.assertRegex(self.table, 'lost .*MISSING')

    def test_a_new_figure_is_no_failure(self):
        kept = figure('kept', 'lower', True, 1)
        self.assertEqual(self.compare(report(kept), report(figure('more', 'lower', True, 1), kept)), 0)

    def test_what_is_no_report_is_refused(self):
        bad = ['', '{', '[]', '{}', '{"figures": 1}', '{"figures": []}', '{"figures": [1]}', '{"figures": [{"name": "f"}]}',
               report(figure('f', 'upwards', True, 1)), report(figure('f', 'lower', 1, 1)), report(figure('f', 'lower', True, '1')),
               report(figure('f', 'lower', True, True)), report(figure('f', 'lower', True, float('nan'))), GOOD + 'x']
        for text in bad:
            with self.subTest(text), self.assertRaisesRegex(WrongUse, 'not a report'):
                self.compare(text, GOOD)
            with self.subTest(text), self.assertRaisesRegex(WrongUse, 'not a report'):
                self.compare(GOOD, text)

    def test_a_file_that_is_not_there_is_refused(self):
        self.old.write_text(GOOD, encoding='utf-8')
        for old, new in ((self.old, '/nonexistent/new'), ('/nonexistent/old', self.old)):
            with self.assertRaisesRegex(WrongUse, 'not a report: /nonexistent'):
                compare(old, new, 0.05, io.StringIO())


tap.run()
