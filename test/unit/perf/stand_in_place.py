# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Puts the programs of stand_in/ in the place of the real ones, and EAL's files into a folder of the test.

It must not know: what is tested.
"""
import os
import pathlib
import tempfile
import unittest
import unittest.mock

from iommufd_perf import child

PROGRAMS = pathlib.Path(__file__).resolve().parent / 'stand_in'


class WithStandIns(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.hugepages = self.folder / 'hugepages'
        self.hugepages.mkdir()
        self.replace(unittest.mock.patch.dict(os.environ, {
            'PATH': f'{PROGRAMS}:{os.environ["PATH"]}', 'RUNTIME_DIRECTORY': str(self.folder), 'PYTHONDONTWRITEBYTECODE': '1'}))
        self.replace(unittest.mock.patch.object(child, 'hugepage_folders', lambda: [str(self.hugepages)]))

    def replace(self, patch):
        patch.start()
        self.addCleanup(patch.stop)

    def wrong(self, what):
        """What is wrong with the stand-in in this test."""
        self.replace(unittest.mock.patch.dict(os.environ, {'STAND_IN': what}))
