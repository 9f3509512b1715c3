# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The suite `start`: from the start of dpdk-testpmd to its first packet on the wire, DPDK's own way and ours by turns; and where the
time goes, from one more turn under strace, which makes all slower and is not part of the rest.

Must not know: how testpmd is run.
"""
import contextlib
import os
import tempfile

from . import first_packet, strace
from .wire import Wire

SIDES = {'stock': ('backend=stock', 'stock'), 'ours': ('backend=iommufd', 'iommufd')}  # settings, and the backend that is named then
MODES = {'-m': (), '--legacy-mem -m': ('--legacy-mem',)}


class Bench:
    def __init__(self, options, report, wire):
        self.options, self.report, self.wire = options, report, wire
        self.megabytes = str(options.size >> 20)

    def run(self, mode, side, trace=None):
        settings, backend = SIDES[side]
        testpmd = first_packet.Testpmd(self.options.devices[0], settings, backend, ('-m', self.megabytes, *MODES[mode]), trace)
        return first_packet.run(testpmd, self.wire)

    def all_turns(self, mode):
        samples = {side: [] for side in SIDES}
        for turn in range(self.options.warmup + self.options.repeat):
            for side in SIDES:
                taken = self.run(mode, side)
                if turn >= self.options.warmup:
                    samples[side].append(taken)
        return samples

    def report_turns(self, mode, samples):
        for side in SIDES:
            self.report.add('seconds', samples[side], f'start, {mode} {self.megabytes}: {side}: first packet')
        self.report.add_ratio('cost', samples['ours'], samples['stock'], f'start, {mode} {self.megabytes}: ours / stock', at_most=1)

    def report_parts(self, mode, side):
        with tempfile.TemporaryDirectory() as folder:
            trace = os.path.join(folder, 'trace')
            taken = self.run(mode, side, trace)
            sums = strace.add_up(trace)
        clearing, mapping = 100 * sums.populate / taken, 100 * sums.map / taken
        for part, percent in (('clearing memory', clearing), ('mapping it', mapping), ('all else', 100 - clearing - mapping)):
            self.report.add('percent', [percent], f'start, {mode} {self.megabytes}: {side}, traced: {part}')


def measure(options, report):
    with contextlib.closing(Wire(options.wire)) as wire:
        bench = Bench(options, report, wire)
        for mode in MODES:
            bench.report_turns(mode, bench.all_turns(mode))
            for side in SIDES:
                bench.report_parts(mode, side)
