# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""What the processes of testpmd have in common: how they begin, what their lines tell, and the files that they leave.

Must not know: what is measured.
"""
import contextlib
import ctypes
import glob
import os
import signal
import subprocess

from .messages import Failed

PR_SET_PDEATHSIG = 1
ADDR_NO_RANDOMIZE = 0x0040000
LIBC = ctypes.CDLL(None, use_errno=True)


def begin(words, settings, prepare=lambda: None, **streams):
    """The process: it leads a process group, and ends with ours. settings: RTE_IOMMUFD; prepare: what it does before its program
    begins.
    """
    def become():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        prepare()

    try:
        return subprocess.Popen(words, env={**os.environ, 'RTE_IOMMUFD': settings}, start_new_session=True, preexec_fn=become, **streams)
    except OSError as problem:
        raise Failed(f'{words[0]}: {problem.strerror}') from problem


def keep_addresses():
    """Of the process that becomes testpmd: where code and data come to lie is the same in each."""
    LIBC.personality(ADDR_NO_RANDOMIZE)


def names_backend(text, backend):
    return any('IOMMUFD: ' in line and f'backend {backend}: ' in line for line in text.splitlines())


def hugepage_folders(mounts='/proc/mounts'):
    with open(mounts, encoding='utf-8', errors='surrogateescape') as file:
        fields = [line.split() for line in file]
    return [words[1] for words in fields if words[2] == 'hugetlbfs']


def remove_files(prefix):
    """EAL leaves its hugepages for the next start, which would clear them. What belongs to somebody else stays, and EAL says so."""
    for folder in hugepage_folders():
        for path in glob.glob(f'{glob.escape(folder)}/{prefix}map_*'):
            with contextlib.suppress(OSError):
                os.unlink(path)
