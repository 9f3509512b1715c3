# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""What was measured: a list of figures, as a table for people and as JSON for machines, with the targets that some of them have.

Must not know: how anything is measured, nor how two reports compare.
"""
import dataclasses
import json
import math
import os
import statistics
import typing

from .messages import PROGRAM, Failed, say
from .samples import interval, ratios


class Kind(typing.NamedTuple):
    """What a figure is, apart from its samples."""
    unit: str
    better: str
    comparable: bool  # whether it means something on another machine, too


KINDS = {
    'milliseconds': Kind('ms', 'lower', False),
    'seconds': Kind('s', 'lower', False),
    'microseconds': Kind('us', 'lower', False),
    'nanoseconds': Kind('ns', 'lower', False),
    'rate': Kind('packets/s', 'higher', False),
    'calls': Kind('calls', 'lower', True),  # ioctls
    'requests': Kind('requests', 'lower', True),  # for pages
    'ratio': Kind('times', 'higher', True),
    'cost': Kind('times', 'lower', True),  # a ratio as well
    'percent': Kind('%', 'lower', False),  # part of a whole
}


@dataclasses.dataclass
class Figure:
    name: str
    kind: Kind
    samples: list  # in the order of the turns; not empty
    of_lowest: float = None  # of a ratio: that of the lowest samples
    at_least: float = None  # the median shall be so
    at_most: float = None
    point: dict = None  # where it is one of a curve: {'curve': NAME, 'x': PLACE, 'unit': OF THE PLACE}

    @property
    def median(self):
        return statistics.median(self.samples)

    @property
    def has_target(self):
        return self.at_least is not None or self.at_most is not None

    @property
    def holds(self):
        return (self.at_least is None or self.median >= self.at_least) and (self.at_most is None or self.median <= self.at_most)

    @property
    def decided(self):
        """Whether all of the median's interval is on one side of the target."""
        if len(self.samples) < 2:
            return False
        low, high = min(self.samples), max(self.samples)
        if low != high:  # what is counted is the same in each turn, and a few are enough
            bounds = interval(self.samples)
            if bounds is None:
                return False
            low, high = bounds
        return not (self.at_least is not None and low < self.at_least <= high) and \
            not (self.at_most is not None and low <= self.at_most < high)


class Report:
    def __init__(self, facts=()):
        """facts: pairs of a name and a value for the JSON alone, what the figures do not show, such as the machine."""
        self.facts = dict(facts)
        self.figures = []
        self.printed = 0
        self.complete = True

    def add(self, kind, samples, name, **more):
        """more: what a Figure can have beside. A figure without samples is said, and no target holds then."""
        if not samples:
            say(f'{name}: no figure: no samples')
            self.complete = False
            return
        self.figures.append(Figure(name, KINDS[kind], list(samples), **more))

    def add_ratio(self, kind, dividends, divisors, name, **more):
        """The ratios of each turn. Beside them is told the ratio of the lowest dividend and the lowest divisor: where other
        programs take the processors at times, it comes nearest to what the ways cost by themselves.
        """
        try:
            samples = ratios(dividends, divisors)
        except ValueError as problem:
            say(f'{name}: no figure: {problem}')
            self.complete = False
            return
        self.add(kind, samples, name, of_lowest=min(dividends) / min(divisors) if samples else None, **more)

    def print_new(self, out):
        """All figures since the last call, a line each."""
        new = self.figures[self.printed:]
        if new:
            width = max(len(figure.name) for figure in new)
            print(f'\n{"":{width}} {"median":>11} {"lowest":>11} {"highest":>11} {"of lowest":>11}', file=out)
        for figure in new:
            print(line_of(figure, width), file=out)
        out.flush()
        self.printed = len(self.figures)

    def write(self, path):
        content = {
            'program': PROGRAM,
            'kernel': os.uname().release,
            'processors': os.sysconf('SC_NPROCESSORS_ONLN'),
            'facts': self.facts,
            'figures': [object_of(figure) for figure in self.figures],
        }
        try:
            with open(path, 'w', encoding='utf-8') as file:
                json.dump(content, file, indent=1, ensure_ascii=False)
        except OSError as problem:
            raise Failed(f'{path}: {problem.strerror}') from problem
        if not self.complete:
            raise Failed(f'{path}: not all figures are there')

    def targets_hold(self):
        return self.complete and all(figure.holds for figure in self.figures)


# --- a line of the table ---


def number(value):
    if value == math.trunc(value):
        return f'{value:.0f}'
    return f'{value:.{1 if abs(value) >= 100 else 2 if abs(value) >= 10 else 3}f}'


def interval_text(figure):
    bounds = interval(figure.samples)
    if bounds is None or bounds[0] == bounds[1]:
        return ''
    return f'  95 %: {number(bounds[0])} to {number(bounds[1])}'


def target_text(figure):
    if not figure.has_target:
        return ''
    least = '' if figure.at_least is None else f' at least {figure.at_least:g}'
    most = '' if figure.at_most is None else f' at most {figure.at_most:g}'
    verdict = 'holds' if figure.holds else 'DOES NOT HOLD'
    return f'  target{least}{most}: {verdict}{"" if figure.decided else ", NOT DECIDED by these turns"}'


def line_of(figure, width):
    of_lowest = '' if figure.of_lowest is None else number(figure.of_lowest)
    return f'{figure.name:{width}} {number(figure.median):>11} {number(min(figure.samples)):>11} {number(max(figure.samples)):>11} ' \
        f'{of_lowest:>11}  {figure.kind.unit}{interval_text(figure)}{target_text(figure)}'


# --- as JSON ---


def object_of(figure):
    entry = {
        'name': figure.name,
        **figure.kind._asdict(),
        'median': float(figure.median),
        'lowest': min(figure.samples),
        'highest': max(figure.samples),
        'samples': figure.samples,
    }
    bounds = interval(figure.samples)
    more = {
        'of lowest': figure.of_lowest,
        'point': figure.point,
        'at least': figure.at_least,
        'at most': figure.at_most,
        '95 %': None if bounds is None else dict(zip(('low', 'high'), bounds)),
    }
    entry.update((name, value) for name, value in more.items() if value is not None)
    if figure.has_target:
        entry.update({'holds': figure.holds, 'decided': figure.decided})
    return entry
