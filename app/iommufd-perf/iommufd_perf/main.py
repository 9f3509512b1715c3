# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Reads the command line, runs the suites that were asked for, tells the figures. What is measured, and why, is in the manual page.

Must not know: how anything is measured.
"""
import sys

from . import forward, ioctls, start, sva_forward
from .compare import compare
from .messages import Failed, WrongUse, say
from .options import HELP, parse
from .report import Report

BY_TESTPMD = {'start': start.measure, 'forward': forward.measure, 'sva-forward': sva_forward.measure}
# From the same turns.
TOGETHER = {'map', 'unmap'}


def groups(suites):
    """The suites, those together that come from the same turns."""
    together = [name for name in suites if name in TOGETHER]
    return ([together] if together else []) + [[name] for name in suites if name not in TOGETHER]


def run(names, options, report, program):
    """False: it failed, which is said."""
    say(f'measuring: {", ".join(names)}')
    try:
        if names[0] in BY_TESTPMD:
            BY_TESTPMD[names[0]](options, report)
        else:
            ioctls.measure(program, options, names, report)
    except Failed as problem:
        if str(problem):
            say(problem)
        say(f'the suite {", ".join(names)} failed')
        return False
    finally:
        report.print_new(sys.stdout)
    return True


def check_writable(path):
    """Better now than after minutes of measuring."""
    try:
        with open(path, 'a', encoding='utf-8'):
            pass
    except OSError as problem:
        raise WrongUse(f'{path}: {problem.strerror}') from problem


def measure(options, program):
    if options.json:
        check_writable(options.json)
    report = Report(options.facts)
    good = all([run(names, options, report, program) for names in groups(options.suites)])
    try:
        if options.json:
            report.write(options.json)
    except Failed as problem:
        say(problem)
        good = False
    if options.check and not report.targets_hold():
        say('not all targets hold')
        good = False
    return 0 if good else 1


def act(arguments, program, has_svanic):
    options = parse(arguments, has_svanic)
    if options.help:
        sys.stdout.write(HELP)
        return 0
    if options.compare:
        return 1 if compare(*options.compare, options.tolerance, sys.stdout) else 0
    return measure(options, program)


def main(arguments, program, has_svanic):
    """program: the C program that measures ioctls. The exit status."""
    try:
        return act(arguments, program, has_svanic)
    except WrongUse as problem:
        say(problem)
        return 2
    except KeyboardInterrupt:
        return 130
