# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The suite `sva-forward`: how many packets a second dpdk-testpmd sends by svanic with this process's addresses (sva=1) and with IOVAs
(sva=0), and how many pages the device still asks for when all buffers have been used.

Two testpmds live at the same time and send in short bursts by turns, as in the suite `forward`, where the reasons are. The next turn
gives each the other device.

Must not know: how testpmd is run.
"""
import contextlib
import statistics

from .messages import say
from .sender import Sender, processor_left_free

ROUNDS = 12
BURST = 0.4  # seconds
BY_IOVA, BY_ADDRESS = 'sva=0', 'sva=1'
PREFIXES = {BY_IOVA: 'iommufd-perf-iova', BY_ADDRESS: 'iommufd-perf-sva'}
COUNTER = 'q0_page_requests'


def one_round(senders, number):
    """Who begins alternates. Packets per second of each."""
    rates = {}
    for side in sorted(senders, reverse=number % 2 == 1):
        packets, seconds, _ = senders[side].burst(BURST)
        rates[side] = packets / seconds
    return rates


class Turn:
    """What one life of the two gives: medians of its rounds."""

    def __init__(self, senders):
        rounds = [one_round(senders, number) for number in range(ROUNDS // 2)]
        half = senders[BY_ADDRESS].counter(COUNTER)
        rounds += [one_round(senders, number) for number in range(ROUNDS // 2, ROUNDS)]
        self.requests = senders[BY_ADDRESS].counter(COUNTER) - half
        self.rates = {side: statistics.median(rates[side] for rates in rounds) for side in PREFIXES}
        self.ratio = statistics.median(rates[BY_ADDRESS] / rates[BY_IOVA] for rates in rounds)


def one_turn(options, number):
    with contextlib.ExitStack() as lives:
        senders = {}
        for place, (side, prefix) in enumerate(PREFIXES.items()):
            device = f'{options.svanics[(place + number) % 2]},{side}'
            senders[side] = lives.enter_context(Sender(device, 'backend=iommufd', 'iommufd', prefix))
        turn = Turn(senders)
    say(f'sva-forward: turn {number + 1}: sva=1 / sva=0: {turn.ratio:.3f}')
    return turn


def measure(options, report):
    with processor_left_free():
        turns = [one_turn(options, number) for number in range(options.warmup + options.repeat)][options.warmup:]
    for side in PREFIXES:
        report.add('rate', [turn.rates[side] for turn in turns], f'sva-forward: {side}')
    report.add('ratio', [turn.ratio for turn in turns], 'sva-forward: sva=1 / sva=0', at_least=0.9)
    report.add('requests', [turn.requests for turn in turns], 'sva-forward: sva=1: page requests under way', at_most=0)
