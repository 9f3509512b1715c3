#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The commands of a Markdown file, as a test runs them.

    blocks.py FILE                    fails where a block of code is not marked
    blocks.py FILE CONTEXT            prints a bash script of the blocks for this context, in their order

The line before a block says what it is, in a comment:

    <!-- run: CONTEXT -->             commands, run in this context: lab (the developer's machine: test/readme/run-lab), ci (by .ci/run),
                                      root (a clean root with build tools), guest (a machine with a NIC at 01:00.0)
    <!-- run: CONTEXT beside X -->    the same, while the program that beside_start X has started runs (a function of the test's)
    <!-- prints -->                   lines of which each is part of a line that the block before it printed
    <!-- shown -->                    neither

The script's bash has to have errexit set. Must not know: what the commands do.
"""

import re
import shlex
import sys

CONTEXTS = {'lab', 'ci', 'root', 'guest'}
MARK = re.compile(r'<!-- (?:run: (?P<context>\w+)(?: beside (?P<beside>\w+))?|(?P<other>prints|shown)) -->$')


def blocks(path):
    """Yields (number of the first line, match of the mark, lines)."""
    before, inside, first, mark, body = '', False, 0, None, []
    with open(path, encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip('\n')
            if line.startswith('```') and not inside:
                inside, first, body = True, number + 1, []
                mark = MARK.match(before)
            elif line.startswith('```'):
                inside = False
                yield first, mark, body
            elif inside:
                body.append(line)
            before = line


def check(path):
    failures = 0
    for first, mark, _ in blocks(path):
        if mark is None:
            print(f'{path}:{first}: a block of code without a mark that says how it is tested')
        elif mark['context'] and mark['context'] not in CONTEXTS:
            print(f'{path}:{first}: no such context: {mark["context"]}')
        else:
            continue
        failures += 1
    return failures


def script(path, context):
    last = None
    for first, mark, body in blocks(path):
        if mark['context']:
            last = mark['context']
        if last != context or mark['other'] == 'shown':
            continue
        if mark['other'] == 'prints':
            for line in body:
                print(f'expect_printed {shlex.quote(line)}')
            continue
        print(f'block_begins {path}:{first}')
        if mark['beside']:
            print(f'beside_start {mark["beside"]}')
        print('{', *body, '} >"$block_output" 2>&1 </dev/null', sep='\n')
        if mark['beside']:
            print('beside_stop')
        print('block_ends')


if __name__ == '__main__':
    if len(sys.argv) == 2:
        sys.exit(check(sys.argv[1]) != 0)
    script(*sys.argv[1:])
