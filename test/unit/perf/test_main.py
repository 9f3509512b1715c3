# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The command as a whole, with a stand-in for the program that measures ioctls: what is printed and written, and the exit status."""
import contextlib
import io
import json
import unittest.mock

import tap
from iommufd_perf import main
from iommufd_perf.messages import Failed
from stand_in_place import PROGRAMS, WithStandIns

DEVICE = ('--device', '01:00.0')


class Command(WithStandIns):
    def run_command(self, *arguments, program=PROGRAMS / 'perf-ioctls'):
        """The exit status; what it has printed is in self.out and self.said."""
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as said:
            status = main.main(arguments, str(program), True)
        self.out, self.said = out.getvalue(), said.getvalue()
        return status

    def test_figures_are_printed_and_written(self):
        path = self.folder / 'out.json'
        self.assertEqual(self.run_command(*DEVICE, '--json', str(path), '--fact', 'commit=1a2b', 'map', 'sizes'), 0)
        self.assertIn('map: ratio', self.out)
        self.assertIn('measuring: map\n', self.said)
        root = json.loads(path.read_text(encoding='utf-8'))
        self.assertEqual(root['facts'], {'commit': '1a2b'})
        self.assertEqual(len(root['figures']), 4)
        self.assertEqual(root['figures'][1], {
            'name': 'map: ratio', 'unit': 'times', 'better': 'higher', 'comparable': True, 'median': 3.5, 'lowest': 3.0, 'highest': 4.0,
            'samples': [4.0, 3.0], 'of lowest': 4.0, 'point': {'curve': 'c', 'x': 2.0, 'unit': 'MiB'}, 'at least': 3.2, 'at most': 5,
            'holds': True, 'decided': False})
        self.assertEqual(self.run_command('--compare', str(path), str(path)), 0)
        self.assertIn('0 of 4 figures worse', self.out)

    def test_the_program_gets_what_was_asked_for(self):
        self.run_command(*'--device 1:0.0 --svanic 6:0.0 --size 64M --repeat 3 --warmup 0 --again 7 --threads 4 unmap map'.split())
        self.assertIn('arguments: --device 0000:01:00.0 --svanic 0000:06:00.0 --size 67108864 --repeat 3 --warmup 0 --again 7 '
                      '--threads 4 map unmap ', self.out)

    def test_a_suite_that_fails_leaves_what_it_has_measured(self):
        path = self.folder / 'out.json'
        for what, sentence in (('fail', ''), ('die', 'perf-ioctls was ended by signal 9\n')):
            self.wrong(what)
            self.assertEqual(self.run_command(*DEVICE, '--json', str(path), 'map'), 1)
            self.assertIn(sentence + ('dpdk-iommufd-perf: ' if sentence else '') + 'the suite map failed', self.said)
            self.assertEqual(len(json.loads(path.read_text(encoding='utf-8'))['figures']), 1)

    def test_other_suites_run_after_one_that_has_failed(self):
        def fail(options, report):
            raise Failed('for a reason')

        self.replace(unittest.mock.patch.dict(main.BY_TESTPMD, {'sizes': fail}))
        self.assertEqual(self.run_command(*DEVICE, 'map', 'sizes'), 1)
        self.assertIn('dpdk-iommufd-perf: for a reason\ndpdk-iommufd-perf: the suite sizes failed', self.said)
        self.assertIn('map: ratio', self.out)

    def test_a_target_counts_where_that_is_asked_for(self):
        self.assertEqual(self.run_command(*DEVICE, '--check', 'map'), 0)
        with unittest.mock.patch.object(main.Report, 'targets_hold', lambda report: False):
            self.assertEqual(self.run_command(*DEVICE, 'map'), 0)
            self.assertEqual(self.run_command(*DEVICE, '--check', 'map'), 1)
            self.assertIn('not all targets hold', self.said)

    def test_a_wrong_command_line_is_one_line(self):
        for line in ('--device 1:0.0 maps', 'map', '--device 1:0.0 --json /nonexistent/file map', '--compare /dev/null /dev/null'):
            self.assertEqual(self.run_command(*line.split()), 2)
            self.assertEqual((self.out, self.said.count('\n')), ('', 1))

    def test_a_worse_report_has_a_status(self):
        path, worse = self.folder / 'out.json', self.folder / 'worse.json'
        self.run_command(*DEVICE, '--json', str(path), 'map')
        root = json.loads(path.read_text(encoding='utf-8'))
        root['figures'][1]['median'] *= 0.9
        worse.write_text(json.dumps(root), encoding='utf-8')
        self.assertEqual(self.run_command('--compare', str(path), str(worse)), 1)
        self.assertEqual(self.run_command('--compare', str(path), str(worse), '--tolerance', '11%'), 0)

    def test_a_program_that_is_not_there_is_named(self):
        self.assertEqual(self.run_command(*DEVICE, 'map', program='/nonexistent/perf-ioctls'), 1)
        self.assertIn('/nonexistent/perf-ioctls: No such file', self.said)

    def test_help_is_for_stdout(self):
        self.assertEqual(self.run_command('--help'), 0)
        self.assertIn('--tolerance', self.out)


tap.run()
