# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The old report against the new one, figure by figure.

Must not know: what the figures are.
"""
import json
import math
import typing

from .messages import WrongUse

NAME_WIDTH = 76
# What a sum of rounding errors may add to a border case.
ROUNDING = 1e-9


class Entry(typing.NamedTuple):
    """One figure as it stands in a file."""
    name: str
    better: str
    comparable: bool
    median: float


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def read_entry(figure):
    """None: it is no figure."""
    if not isinstance(figure, dict) or not all(isinstance(figure.get(key), str) for key in ('name', 'unit')):
        return None
    if figure.get('better') not in ('lower', 'higher') or not isinstance(figure.get('comparable'), bool):
        return None
    if not is_number(figure.get('median')):
        return None
    return Entry(figure['name'], figure['better'], figure['comparable'], figure['median'])


def refuse_constant(word):
    raise ValueError(f'{word} is not JSON')


def load(path):
    """The entries of a file, in its order."""
    try:
        with open(path, encoding='utf-8') as file:
            root = json.load(file, parse_constant=refuse_constant)
    except OSError as problem:
        raise WrongUse(f'not a report: {path}: {problem.strerror}') from problem
    except (ValueError, RecursionError) as problem:
        raise WrongUse(f'not a report: {path}: {problem}') from problem
    figures = root.get('figures') if isinstance(root, dict) else None
    if not isinstance(figures, list) or not figures:
        raise WrongUse(f'not a report: {path}: it has no figures')
    entries = [read_entry(figure) for figure in figures]
    if None in entries:
        raise WrongUse(f'not a report: {path}: its figure {entries.index(None) + 1} is none')
    return entries


def change_of(old, new):
    """As part of the old value; anything is infinitely more than nothing."""
    change = new.median - old.median
    if change == 0:
        return 0.0
    return change / abs(old.median) if old.median else math.copysign(math.inf, change)


def judge(old, new, tolerance):
    if not old.comparable:
        return 'not compared'
    worse = -change_of(old, new) if old.better == 'higher' else change_of(old, new)
    if worse > tolerance + ROUNDING:
        return 'WORSE'
    return 'better' if worse < -tolerance - ROUNDING else 'same'


def compare_figure(old, new, tolerance, out):
    """Whether the figure is worse, or missing (new is None)."""
    start = f'{old.name:{NAME_WIDTH}} {old.median:12.4g}'
    if new is None:
        print(f'{start} {"-":>12} {"-":>9}  MISSING', file=out)
        return True
    verdict = judge(old, new, tolerance)
    print(f'{start} {new.median:12.4g} {100 * change_of(old, new):+7.1f} %  {verdict}', file=out)
    return verdict == 'WORSE'


def compare(old_path, new_path, tolerance, out):
    """How many figures of the old file are worse in the new one, or missing. WrongUse where one of them is no report."""
    old_entries, new_entries = load(old_path), load(new_path)
    print(f'{"":{NAME_WIDTH}} {"old":>12} {"new":>12} {"change":>9}', file=out)
    by_name = {entry.name: entry for entry in reversed(new_entries)}
    bad = sum(compare_figure(old, by_name.get(old.name), tolerance, out) for old in old_entries)
    print(f'{bad} of {len(old_entries)} figures worse by more than {100 * tolerance:g} %, or missing', file=out)
    return bad
