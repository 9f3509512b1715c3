# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Which suites there are, in the order in which they run, and what each wants of the machine.

Must not know: how anything is measured.
"""
import typing


class Suite(typing.NamedTuple):
    devices: int = 0
    svanics: int = 0
    wire: bool = False


SUITES = {
    'map': Suite(devices=1),
    'unmap': Suite(devices=1),
    'sizes': Suite(devices=1),
    'parallel': Suite(devices=2),
    'share': Suite(devices=2),
    'account': Suite(devices=2),
    'start': Suite(devices=1, wire=True),
    'forward': Suite(devices=3),
    'fault': Suite(svanics=1),
    'sva-invalidate': Suite(svanics=1),
    'latency': Suite(svanics=1),
    'sva-forward': Suite(svanics=2),
}
