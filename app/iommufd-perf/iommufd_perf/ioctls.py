# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The suites that measure ioctls: the C program measures, and tells its figures as a line of JSON each.

Must not know: what it measures.
"""
import json
import subprocess

from .messages import PROGRAM, Failed


def arguments(options, suites):
    """The options as the C program takes them, which trusts them: they have been checked."""
    words = []
    for name, values in {'device': options.devices, 'svanic': options.svanics, 'size': [options.size], 'repeat': [options.repeat],
                         'warmup': [options.warmup], 'again': [options.again], 'threads': [options.threads]}.items():
        for value in values:
            words += [f'--{name}', str(value)]
    return [*words, *suites]


def take_line(line, report):
    figure = json.loads(line)
    kind, name = figure.pop('kind'), figure.pop('name')
    more = {key.replace(' ', '_'): figure[key] for key in ('at least', 'at most', 'point') if key in figure}
    if 'samples' in figure:
        report.add(kind, figure['samples'], name, **more)
    else:
        report.add_ratio(kind, figure['dividends'], figure['divisors'], name, **more)


def measure(program, options, suites, report):
    """One run of the program for these suites. What it has measured before it fails is in the report, too."""
    words = [PROGRAM, *arguments(options, suites)]  # what it says is said by this name
    try:
        with subprocess.Popen(words, executable=program, stdout=subprocess.PIPE, encoding='utf-8') as process:
            for line in process.stdout:
                take_line(line, report)
    except OSError as problem:
        raise Failed(f'{program}: {problem.strerror}') from problem
    if process.returncode < 0:
        raise Failed(f'{program} was ended by signal {-process.returncode}')
    if process.returncode > 0:
        raise Failed('')  # it has said why
