#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""devtools/measured: ratios go one way, the facts are there, and a page that differs from its files is found.

    measured.py SOURCE
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

FIGURES = [
    {'name': 'map, one file: stock / ours', 'unit': 'times', 'better': 'higher', 'median': 8.4, 'lowest': 6.1, 'highest': 9.5,
     'samples': [8.4] * 6, 'of lowest': 8.1, '95 %': {'low': 6.1, 'high': 9.5}},
    {'name': 'start, -m 64: ours / stock', 'unit': 'times', 'better': 'lower', 'median': 1.25, 'lowest': 1.0, 'highest': 2.0, 'samples': [1.25] * 6},
    {'name': 'map, one file: stock', 'unit': 'ms', 'better': 'lower', 'median': 30, 'lowest': 30, 'highest': 30, 'samples': [30]},
]
FACTS = {'machine': 'a machine', 'qemu': '11.1', 'dpdk': '24.11', 'commit': '1a2b3c'}


def main(source):
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        (root / 'devtools').mkdir()
        (root / 'doc/measured').mkdir(parents=True)
        tool, page, file = root / 'devtools/measured', root / 'doc/measured.md', root / 'doc/measured/run.json'
        shutil.copy(source / 'devtools/measured', tool)

        def run(*arguments):
            return subprocess.run([sys.executable, tool, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode

        file.write_text(json.dumps({'kernel': '7.3', 'figures': FIGURES, 'facts': FACTS}), encoding='utf-8')
        page.write_text('Before.\n<!-- from run.json: map, | start -->\n<!-- end -->\nAfter.\n', encoding='utf-8')
        assert run('--check') == 1
        assert run() == 0 and run('--check') == 0
        text = page.read_text(encoding='utf-8')
        for line in ('Before.', 'Commit 1a2b3c, Linux 7.3, DPDK 24.11, QEMU 11.1; a machine; 6 turns.', 'After.',
                     '| map, one file: stock / ours | 8.4 | 6.1 to 9.5 | 6.1, 9.5 | 8.1 |', '| start, -m 64: stock / ours | 0.8 |  | 0.5, 1 |  |'):
            assert line in text.splitlines(), (line, text)
        page.write_text(text.replace('8.4', '8.5'), encoding='utf-8')
        assert run('--check') == 1
        page.write_text('No table.\n', encoding='utf-8')
        assert run('--check') == 1
        file.write_text(json.dumps({'kernel': '7.3', 'figures': FIGURES}), encoding='utf-8')
        page.write_text(text, encoding='utf-8')
        assert run() != 0


if __name__ == '__main__':
    main(pathlib.Path(sys.argv[1]))
