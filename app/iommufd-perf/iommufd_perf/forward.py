# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The suite `forward`: how fast dpdk-testpmd sends, DPDK's own way and ours, with one space for all devices and with one for each.

Three testpmds live at the same time, one for each way, and send in short bursts by turns: what the machine does besides changes within
seconds, and so cancels out of the ratio of bursts that follow each other. A turn is one life of the three, and its figure the median of
its rounds; the next turn gives each way another one of the three devices, or another place in the order of their starts. Lives differ by more
than bursts do, so it is turns that count for the spread.

Where somebody tells how much time the polling processor really had (--cpu-time), the time for each packet is a second figure: what
others take from an emulated processor is not in it.

Must not know: how testpmd is run.
"""
import contextlib
import os
import statistics
import typing

from .messages import Failed, say
from .sender import Sender, processor_left_free

ROUNDS = 12  # each order of the three twice
BURST = 0.4  # seconds


class Side(typing.NamedTuple):
    name: str
    settings: str
    backend: str
    prefix: str


STOCK = Side('stock', 'backend=stock', 'stock', 'iommufd-perf-stock')
SHARED = Side('ours, shared', 'backend=iommufd,ioas=shared', 'iommufd', 'iommufd-perf-shared')
PER_DEVICE = Side('ours, per-device', 'backend=iommufd,ioas=per-device', 'iommufd', 'iommufd-perf-single')
SIDES = (STOCK, SHARED, PER_DEVICE)


class Figures(typing.NamedTuple):
    """Of a burst, of a turn, or the ratios to those of stock."""
    rate: float  # packets per second
    time: float  # of the processor for a packet, in nanoseconds; None: nobody tells it


class ProcessorTime:
    """The file that begins with how much the polling processor has really had. It is open all the time: to open it may take long."""

    def __init__(self, path):
        self.path = path
        try:
            self.file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as problem:
            raise Failed(f'{path}: {problem.strerror}') from problem

    def read(self):
        """Nanoseconds."""
        try:
            return int(os.pread(self.file, 128, 0).split()[0])
        except (OSError, ValueError, IndexError) as problem:
            raise Failed(f'{self.path} has no number') from problem

    def close(self):
        os.close(self.file)


def one_burst(sender, processor):
    if processor is None:
        packets, seconds, _ = sender.burst(BURST)
        return Figures(packets / seconds, None)
    packets, seconds, nanoseconds = sender.burst(BURST, processor.read)
    if nanoseconds <= 0:
        raise Failed(f'{processor.path}: the processor had no time while testpmd sent {packets} packets')
    return Figures(packets / seconds, nanoseconds / packets)


def order(number):
    """Each begins in turn: what follows what may make a difference, too."""
    places = range(len(SIDES)) if number % 2 == 0 else reversed(range(len(SIDES)))
    return [SIDES[(place + number // 2) % len(SIDES)] for place in places]


def one_round(senders, number, processor):
    return {side: one_burst(senders[side], processor) for side in order(number)}


def divided(figures, others):
    return Figures(figures.rate / others.rate, None if figures.time is None else figures.time / others.time)


def medians(rounds):
    """Of each figure of a list of them."""
    return Figures(*(None if None in values else statistics.median(values) for values in zip(*rounds)))


class Turn:
    """What one life of the three gives: the medians of its rounds, and those of the ratios to stock."""

    def __init__(self, rounds):
        self.figures = {side: medians([figures[side] for figures in rounds]) for side in SIDES}
        self.ratios = {side: medians([divided(figures[side], figures[STOCK]) for figures in rounds]) for side in SIDES}


def starts(devices, number):
    """Which way starts first in turn NUMBER, second and third, and on which device. Nine turns give each way each device in each place."""
    count = len(SIDES)
    for place in range(count):
        which = (place + number // count) % count
        yield SIDES[which], devices[(which + number) % count]


def one_turn(options, number, processor):
    with contextlib.ExitStack() as lives:
        senders = {side: lives.enter_context(Sender(device, side.settings, side.backend, side.prefix))
                   for side, device in starts(options.devices[-len(SIDES):], number)}
        turn = Turn([one_round(senders, i, processor) for i in range(ROUNDS)])
    say(f'forward: turn {number + 1}: packets/s, ours / stock: '
        f'{turn.ratios[SHARED].rate:.3f} shared, {turn.ratios[PER_DEVICE].rate:.3f} per-device')
    return turn


def report_all(report, turns, has_time):
    for side in SIDES:
        report.add('rate', [turn.figures[side].rate for turn in turns], f'forward: {side.name}')
    for side in SIDES[1:]:
        report.add('ratio', [turn.ratios[side].rate for turn in turns], f'forward: {side.name} / stock', at_least=0.97)
    if not has_time:
        return
    for side in SIDES:
        report.add('nanoseconds', [turn.figures[side].time for turn in turns], f"forward: {side.name}: processor's time for a packet")
    for side in SIDES[1:]:
        report.add('cost', [turn.ratios[side].time for turn in turns], f"forward: {side.name} / stock: processor's time for a packet",
                   at_most=1 / 0.97)


def measure(options, report):
    with contextlib.ExitStack() as open_files, processor_left_free():
        processor = open_files.enter_context(contextlib.closing(ProcessorTime(options.cpu_time))) if options.cpu_time else None
        turns = [one_turn(options, number, processor) for number in range(options.warmup + options.repeat)]
    report_all(report, turns[options.warmup:], bool(options.cpu_time))
