# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The command line: what is understood, and one sentence about what is not."""
import unittest

import tap
from iommufd_perf.messages import WrongUse
from iommufd_perf.options import DEVICES_MAX, parse
from iommufd_perf.suites import SUITES

THREE_DEVICES = '--device 1:0.0 --device 2:0.0 --device 3:0.0 --wire w '
MIB = 1 << 20


class CommandLine(unittest.TestCase):
    def understood(self, line, has_svanic=True):
        return parse(line.split(), has_svanic)

    def refused(self, line, part, has_svanic=True):
        with self.assertRaises(WrongUse) as problem:
            parse(line.split(), has_svanic)
        self.assertIn(part, str(problem.exception))
        self.assertNotIn('\n', str(problem.exception))

    def test_there_are_defaults(self):
        options = self.understood('--device 01:00.0 map')
        self.assertEqual((options.size, options.repeat, options.warmup, options.again, options.threads), (4 << 30, 5, 1, 1, 2))
        self.assertEqual((options.json, options.wire, options.compare, options.check, options.help), (None, None, None, False, False))

    def test_every_option_is_understood(self):
        options = self.understood('--device 01:00.0 --device=02:00.1 --wire eth7 --cpu-time /proc/1/schedstat --size 64M --repeat 3 '
                                  '--warmup 0 --again 7 --threads 4 --json out.json --check --fact commit=1a2b --fact machine=a=b map')
        self.assertEqual(options.facts, [('commit', '1a2b'), ('machine', 'a=b')])
        self.assertEqual(options.devices, ['0000:01:00.0', '0000:02:00.1'])
        self.assertEqual((options.wire, options.cpu_time, options.size), ('eth7', '/proc/1/schedstat', 64 * MIB))
        self.assertEqual((options.repeat, options.warmup, options.again, options.threads), (3, 0, 7, 4))
        self.assertEqual((options.json, options.check), ('out.json', True))

    def test_a_fact_has_a_name_and_a_value(self):
        self.refused('--fact commit map', 'NAME=VALUE, not "commit"')
        self.refused('--fact =x map', 'NAME=VALUE')
        self.refused('--fact commit= map', 'NAME=VALUE')

    def test_help_needs_nothing_else(self):
        self.assertTrue(self.understood('--help').help)

    def test_only_the_named_suites_run(self):
        self.assertEqual(self.understood('unmap --device 01:00.0').suites, ['unmap'])
        self.assertEqual(self.understood(THREE_DEVICES + 'start map').suites, ['map', 'start'])

    def test_all_means_all(self):
        self.assertEqual(self.understood(THREE_DEVICES + '--svanic 4:0.0 --svanic 5:0.0 all').suites, list(SUITES))

    def test_all_leaves_out_what_wants_an_svanic(self):
        suites = self.understood(THREE_DEVICES + 'all').suites
        self.assertEqual([name for name in SUITES if name not in suites], ['fault', 'sva-invalidate', 'latency', 'sva-forward'])

    def test_an_svanic_has_an_address(self):
        options = self.understood('--svanic 6:0.0 --svanic 7:0.0 fault sva-invalidate sva-forward')
        self.assertEqual((options.svanics, options.devices), (['0000:06:00.0', '0000:07:00.0'], []))
        self.refused('--svanic eth0 fault', '--svanic wants a PCI address')
        self.refused('--svanic 6:0.0 --svanic 06:00.0 fault', 'twice')

    def test_suites_with_svanic_are_another_build(self):
        for suite in ('fault', 'sva-invalidate', 'latency', 'sva-forward', 'all'):
            self.refused(f'{THREE_DEVICES}--svanic 6:0.0 --svanic 7:0.0 {suite}', '-Dsvanic=enabled', has_svanic=False)
        self.understood(THREE_DEVICES + 'all', has_svanic=False)

    def test_a_suite_has_to_be_known(self):
        self.refused('--device 01:00.0', 'which suite')
        self.refused('--device 01:00.0 maps', '"maps"')
        self.refused('--device 01:00.0 map Unmap', '"Unmap"')

    def test_a_device_has_one_name(self):
        self.assertEqual(self.understood('--device a:1F.7 map').devices, ['0000:0a:1f.7'])
        self.assertEqual(self.understood('--device 0001:02:03.4 map').devices, ['0001:02:03.4'])
        self.refused('--device 01:00.0 --device 0000:01:00.0 map', 'twice')

    def test_what_is_no_address_is_refused(self):
        for address in ('eth0', '01:00', '01:00.0x', '00:00:01:00.0'):
            self.refused(f'--device {address} map', f'"{address}"')

    def test_devices_may_be_too_many(self):
        self.refused(''.join(f'--device {bus:02x}:00.0 ' for bus in range(DEVICES_MAX + 1)), 'the most')

    def test_sizes_have_units(self):
        for text, size in (('2M', 2 * MIB), ('4194304', 4 * MIB), ('2048K', 2 * MIB), ('1T', 1 << 40)):
            self.assertEqual(self.understood(f'--device 1:0.0 --size {text} map').size, size)

    def test_what_is_no_size_is_refused(self):
        for text in ('0', '-2M', '4X', '4MB', 'G', '99999999T', '99999999999999999999999'):
            self.refused(f'--device 1:0.0 --size {text} map', f'--size wants a size such as 64M or 4G, not "{text}"')
        for text in ('1M', '3M'):
            self.refused(f'--device 1:0.0 --size {text} map', 'whole pages')

    def test_what_is_no_number_is_refused(self):
        for option, least, text in (('repeat', 1, '0'), ('repeat', 1, 'x'), ('repeat', 1, '1x'), ('warmup', 0, '-1'), ('threads', 1, '0'),
                                    ('threads', 1, '10001')):
            self.refused(f'--device 1:0.0 --{option} {text} map', f'--{option} wants a number from {least} to 10000, not "{text}"')

    def test_a_tolerance_is_a_percentage(self):
        self.assertAlmostEqual(self.understood('--compare old new --tolerance 7.5%').tolerance, 0.075)
        self.assertEqual(self.understood('--tolerance 0% --compare old new').tolerance, 0)
        for text in ('5', '-5%', 'nan%', 'inf%', '%'):
            self.refused(f'--compare old new --tolerance {text}', f'"{text}"')
        self.refused('--device 1:0.0 --tolerance 5% map', '--compare')

    def test_a_comparison_has_two_files(self):
        options = self.understood('--compare old new')
        self.assertEqual((options.compare, options.tolerance), (('old', 'new'), 0.05))
        self.refused('--compare old', 'OLD NEW')
        self.refused('--compare old new newer', 'OLD NEW')

    def test_what_a_suite_needs_has_to_be_there(self):
        self.refused('map', 'the suite map wants --device at least once')
        self.refused('--device 1:0.0 share', 'twice')
        self.refused('--device 1:0.0 parallel', 'twice')
        self.refused('--device 1:0.0 start', '--wire')
        self.refused('--device 1:0.0 --device 2:0.0 forward', 'three times')
        self.refused('--device 1:0.0 fault', 'the suite fault wants --svanic at least once')
        self.refused('sva-invalidate', '--svanic')
        self.refused('--svanic 1:0.0 sva-forward', 'twice')
        self.refused('--svanic 1:0.0 map', '--device')

    def test_unknown_options_are_named(self):
        self.refused('--colour map', '--colour')
        self.refused('-x map', '-x')
        self.refused('map --repeat', '--repeat wants a value')


tap.run()
