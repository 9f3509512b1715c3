# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Reading what strace wrote: which calls count as what, by name and by number."""
import pathlib
import tempfile
import unittest

import tap
from iommufd_perf.messages import Failed
from iommufd_perf.strace import add_up

POPULATE = ('mmap(0x100200000, 2097152, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED|MAP_POPULATE, 21, 0) = 0x100200000 <0.250000>\n')
MAP_DMA = 'ioctl(9, VFIO_IOMMU_MAP_DMA, {argsz=32, flags=0x3}) = 0 <0.125>\n'


class Traces(unittest.TestCase):
    def sums(self, *files):
        with tempfile.TemporaryDirectory() as folder:
            for number, text in enumerate(files):
                (pathlib.Path(folder) / f'trace.{number}').write_text(text, encoding='utf-8')
            return add_up(f'{folder}/trace')

    def test_times_are_added_over_all_threads(self):
        sums = self.sums(POPULATE + POPULATE + MAP_DMA, POPULATE + MAP_DMA)
        self.assertEqual((sums.populate, sums.map, sums.populate_calls, sums.map_calls), (0.75, 0.25, 3, 2))

    def test_calls_of_iommufd_count_by_name_and_by_number(self):
        sums = self.sums(POPULATE +
                         'ioctl(7, IOMMU_IOAS_MAP_FILE, {size=40}) = 0 <0.5>\n'
                         'ioctl(7, _IOC(_IOC_NONE, 0x3b, 0x85, 0), 0x1) = 0 <0.5>\n'
                         'ioctl(7, _IOC(_IOC_NONE, 0x3b, 0x8f, 0), 0x1) = 0 <0.5>\n')
        self.assertEqual(sums.map, 1.5)

    def test_other_calls_do_not_count(self):
        sums = self.sums(POPULATE + MAP_DMA +
                         'mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = 0x1 <1.0>\n'
                         'ioctl(9, VFIO_IOMMU_UNMAP_DMA, {argsz=24}) = 0 <1.0>\n'
                         'ioctl(7, _IOC(_IOC_NONE, 0x3b, 0x86, 0), 0x1) = 0 <1.0>\n'
                         '+++ exited with 0 +++\n')
        self.assertEqual((sums.populate, sums.map), (0.25, 0.125))

    def test_a_call_without_an_end_takes_no_time(self):
        sums = self.sums(POPULATE + MAP_DMA, 'ioctl(9, VFIO_IOMMU_MAP_DMA <unfinished ...>\n')
        self.assertEqual((sums.map, sums.map_calls), (0.125, 2))

    def test_nothing_of_a_kind_is_a_failure(self):
        """strace may name calls otherwise one day: then nothing is told."""
        for files in ((POPULATE,), (MAP_DMA,), ()):
            with self.assertRaises(Failed):
                self.sums(*files)


tap.run()
