# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The command line: what is understood, and one sentence about what is not.

Must not know: what the suites do; it only knows what they want.
"""
import dataclasses
import getopt
import math
import re

from .messages import WrongUse
from .suites import SUITES

DEVICES_MAX = 16
FACTS_MAX = 16
HUGEPAGE = 2 << 20
SIZE_MAX = 1 << 46
COUNT_MAX = 10000

HELP = """\
dpdk-iommufd-perf [OPTION...] --device BDF... SUITE...
dpdk-iommufd-perf --compare OLD NEW [--tolerance 5%]

Measures DPDK on IOMMUFD beside DPDK's own way, by turns.
Suites: map, unmap, sizes, parallel, share, account, start, forward; fault,
sva-invalidate, latency, sva-forward; or all, the last four only with
--svanic.

  --device BDF     a device bound to vfio-pci; may be repeated
  --svanic BDF     an svanic bound to vfio-pci; may be repeated (fault,
                   sva-invalidate, latency: the first; sva-forward: two)
  --wire IFACE     the interface that receives what the first device sends
                   (start)
  --cpu-time FILE  begins with the nanoseconds that the host has given to the
                   processor 1, where it is a virtual one (forward)
  --size SIZE      memory to map: 64M, 4G (4G); whole 2 MiB pages
  --repeat N       measured turns (5)
  --warmup N       turns before them that are not measured (1)
  --again N        how often a turn maps and unmaps; the quickest counts (1;
                   map, unmap)
  --threads N      threads that map, where there are several (2)
  --json FILE      write the figures to FILE
  --fact NAME=VALUE  what is to stand beside them there, such as
                   commit=1a2b3c; may be repeated
  --check          exit status 1 when a target does not hold
  --compare OLD NEW  compare two JSON files: exit status 1 when NEW is worse
  --tolerance P    by how much a figure may be worse (5%)
  --help

Exit status: 0, 1 (see --check and --compare; or a suite failed), 2 (this
command line is wrong, or a file for --compare is no report).
"""


@dataclasses.dataclass
class Options:
    devices: list = dataclasses.field(default_factory=list)  # 0000:01:00.0
    svanics: list = dataclasses.field(default_factory=list)
    wire: str = None  # interface that receives
    cpu_time: str = None  # file with that of the processor 1
    size: int = 4 << 30  # of memory, in bytes; whole pages
    repeat: int = 5
    warmup: int = 1
    again: int = 1  # maps in a turn
    threads: int = 2
    json: str = None  # file to write
    facts: list = dataclasses.field(default_factory=list)  # pairs, for that file
    compare: tuple = None  # the old file and the new one
    tolerance: float = None  # 0.05 is 5 %
    suites: list = dataclasses.field(default_factory=list)  # names, in the order in which they run
    check: bool = False
    help: bool = False


def read_count(name, text, least):
    if not re.fullmatch('[0-9]+', text, re.ASCII) or not least <= int(text) <= COUNT_MAX:
        raise WrongUse(f'--{name} wants a number from {least} to {COUNT_MAX}, not "{text}"')
    return int(text)


def read_size(text):
    found = re.fullmatch('([0-9]+)([KMGT]?)', text, re.ASCII)
    size = int(found[1]) << {'': 0, 'K': 10, 'M': 20, 'G': 30, 'T': 40}[found[2]] if found else 0
    if not 0 < size <= SIZE_MAX:
        raise WrongUse(f'--size wants a size such as 64M or 4G, not "{text}"')
    if size % HUGEPAGE:
        raise WrongUse(f'--size wants whole pages of 2 MiB, which "{text}" is not')
    return size


def read_tolerance(text):
    try:
        number = float(text.removesuffix('%'))
    except ValueError:
        number = math.nan
    if not text.endswith('%') or not 0 <= number < math.inf:
        raise WrongUse(f'--tolerance wants a percentage such as 5%, not "{text}"')
    return number / 100


def read_address(option, text):
    """01:00.0 or 0000:01:00.0, as the latter."""
    found = re.fullmatch(r'(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-9a-f])', text, re.IGNORECASE | re.ASCII)
    if not found:
        raise WrongUse(f'--{option} wants a PCI address such as 01:00.0, not "{text}"')
    domain, bus, slot, function = (int(part or '0', 16) for part in found.groups())
    return f'{domain:04x}:{bus:02x}:{slot:02x}.{function:x}'


def add_device(option, text, devices):
    if len(devices) == DEVICES_MAX:
        raise WrongUse(f'--{option}: {DEVICES_MAX} are the most')
    address = read_address(option, text)
    if address in devices:
        raise WrongUse(f'--{option} {text} is given twice')
    devices.append(address)


def add_fact(text, facts):
    name, _, value = text.partition('=')
    if not name or not value:
        raise WrongUse(f'--fact wants NAME=VALUE, not "{text}"')
    if len(facts) == FACTS_MAX:
        raise WrongUse(f'--fact: {FACTS_MAX} are the most')
    facts.append((name, value))


# What each option does to the options.
READERS = {
    'device': lambda options, text: add_device('device', text, options.devices),
    'svanic': lambda options, text: add_device('svanic', text, options.svanics),
    'wire': lambda options, text: setattr(options, 'wire', text),
    'cpu-time': lambda options, text: setattr(options, 'cpu_time', text),
    'size': lambda options, text: setattr(options, 'size', read_size(text)),
    'repeat': lambda options, text: setattr(options, 'repeat', read_count('repeat', text, 1)),
    'warmup': lambda options, text: setattr(options, 'warmup', read_count('warmup', text, 0)),
    'again': lambda options, text: setattr(options, 'again', read_count('again', text, 1)),
    'threads': lambda options, text: setattr(options, 'threads', read_count('threads', text, 1)),
    'json': lambda options, text: setattr(options, 'json', text),
    'fact': lambda options, text: add_fact(text, options.facts),
    'compare': lambda options, text: setattr(options, 'compare', (text,)),
    'tolerance': lambda options, text: setattr(options, 'tolerance', read_tolerance(text)),
}
SWITCHES = ('check', 'help')


def split(arguments):
    """Pairs of option and value, and the other words."""
    try:
        return getopt.gnu_getopt(arguments, '', [*(name + '=' for name in READERS), *SWITCHES])
    except getopt.GetoptError as problem:
        option = f'{"--" if len(problem.opt) > 1 else "-"}{problem.opt}'
        if 'requires argument' in problem.msg:
            raise WrongUse(f'{option} wants a value') from problem
        raise WrongUse(f'unknown option {option}; see --help') from problem


def read_suites(words, options):
    """Few machines have an svanic: without one, all are all that need none."""
    if not words:
        raise WrongUse('which suite? see --help')
    for word in words:
        if word != 'all' and word not in SUITES:
            raise WrongUse(f'no suite "{word}"; see --help')
    return [name for name, suite in SUITES.items() if name in words or ('all' in words and (not suite.svanics or options.svanics))]


def check_needs(options, has_svanic):
    times = ('', 'once', 'twice', 'three times')
    wanted = {name: SUITES[name] for name in options.suites}
    for name, suite in wanted.items():
        if suite.svanics and not has_svanic:
            raise WrongUse(f'the suite {name} is not part of this build: build with -Dsvanic=enabled')
    for name, suite in wanted.items():
        if len(options.devices) < suite.devices:
            raise WrongUse(f'the suite {name} wants --device at least {times[suite.devices]}')
    for name, suite in wanted.items():
        if len(options.svanics) < suite.svanics:
            raise WrongUse(f'the suite {name} wants --svanic at least {times[suite.svanics]}')
        if suite.wire and options.wire is None:
            raise WrongUse(f'the suite {name} wants --wire IFACE')


def read_comparison(words, options):
    if len(words) != 1:
        raise WrongUse('--compare wants two files: --compare OLD NEW')
    options.compare += (words[0],)
    if options.tolerance is None:
        options.tolerance = 0.05


def parse(arguments, has_svanic):
    """has_svanic: whether the suites that measure with svanic are part of this build. WrongUse says what is wrong."""
    options = Options()
    pairs, words = split(arguments)
    for option, value in pairs:
        name = option[2:]
        if name in SWITCHES:
            setattr(options, name, True)
        else:
            READERS[name](options, value)
    if options.help:
        return options
    if options.compare:
        read_comparison(words, options)
        return options
    if options.tolerance is not None:
        raise WrongUse('--tolerance belongs to --compare')
    options.suites = read_suites(words, options)
    check_needs(options, has_svanic)
    return options
