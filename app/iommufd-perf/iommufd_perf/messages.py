# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""What is said on stderr beside the figures, and the two ways to fail.

Must not know: what was measured.
"""
import sys

PROGRAM = 'dpdk-iommufd-perf'


class WrongUse(Exception):
    """The command line is wrong, or a file that it names: its text is one sentence."""


class Failed(Exception):
    """Something could not be measured: its text says why."""


def say(text):
    print(f'{PROGRAM}: {text}', file=sys.stderr, flush=True)
