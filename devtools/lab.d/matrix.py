#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Puts results of the matrix together and writes doc/matrix.md from them.

  matrix.py CELLS NEW CELLS-OUT PAGE-OUT RELEASES KERNELS IOMMUS NICS OTHERS OTHERS-NICS

OTHERS: lines DPDK KERNEL IOMMU of machines that are in no axis, which have only the NICs of the last argument.

CELLS and NEW have a line for each cell, of these fields with tabs between them: DPDK, kernel, IOMMU, NIC, backend, outcome, date, commit,
the kernel's release, DPDK's version, note. NEW's lines replace those of CELLS, and a later line replaces an earlier one of the same cell.
It knows nothing of how a cell is run.
"""
import itertools
import re
import sys
from collections import namedtuple

BACKENDS = ("iommufd", "type1", "stock")
Result = namedtuple("Result", "outcome date commit release version note")

HEAD = """# The matrix

`devtools/lab test --matrix` writes this page; nothing here is written by hand. A cell is the main job: testpmd forwards, the kernel's NIC
at the other end of the wire finds each byte of its frames unchanged, the NIC is detached and attached again and forwards again. Each
cell has three outcomes, of the backends iommufd, type1 and stock (DPDK's own code), in this order:

- `ok`: all of it; `ok:noiommu`: over VFIO without an IOMMU, by the backend noiommu in the place of the two others.
- `N`: refused, by the line with this number below. A refusal of the library is one documented line.
- `FAIL`: neither. `DIFFERS`: DPDK's own code did it, and type1 did not.
- `-`: was not run, or not with this row's commit.

The kernel `iommufd-arm64` is that of a guest for arm64 (`devtools/lab test --matrix --arch arm64`), whose IOMMU is SMMUv3; svanic has no
model there.

A row is what was run of one machine with one commit, and each cell is in the row of its newest run. `-changed`: the tree was not quite
that commit.
"""


def read_cells(*names):
    cells = {}
    for name in names:
        with open(name, encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.rstrip("\n").split("\t")
                if len(fields) == 11:
                    cells[tuple(fields[:5])] = Result(*fields[5:])
    return cells


def escape(text):
    return text.replace("|", "\\|").replace("<", "&lt;")


class Notes:
    """The lines that are quoted, each once."""

    def __init__(self):
        self.numbers = {}

    def number_of(self, text):
        text = re.sub(r"^(EAL: )?(0000:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]:? +", "", text)  # one line for all devices
        return self.numbers.setdefault(text, len(self.numbers) + 1)


def word_of(cells, key, notes):
    """What the page says of a cell; CELLS are those of its row."""
    if key not in cells:
        return "-"
    outcome, note = cells[key].outcome, cells[key].note
    if outcome == "ok":
        return "ok:noiommu" if note == "noiommu" else "ok"
    number = notes.number_of(note)
    if outcome == "refused":
        stock = cells.get(key[:4] + ("stock",))
        if key[4] == "type1" and stock and stock.outcome == "ok":
            return f"DIFFERS ({number})"
        return str(number)
    return f"FAIL ({number})"


def rows_of(cells, machine, nics, notes):
    """A row for each commit that cells of this machine were run with, the newest first."""
    keys = [machine + (nic, backend) for nic in nics for backend in BACKENDS]
    known = {key: cells[key] for key in keys if key in cells}
    runs = sorted({(cell.date, cell.commit, cell.release, cell.version) for cell in known.values()}, reverse=True)
    for run in runs:
        row = {key: cell for key, cell in known.items() if (cell.date, cell.commit, cell.release, cell.version) == run}
        date, commit, release, version = run
        columns = [", ".join(word_of(row, machine + (nic, backend), notes) for backend in BACKENDS) for nic in nics]
        yield f"| {machine[0]} ({version}) | {machine[1]} ({release}) | {machine[2]} | {' | '.join(columns)} | {date}, {commit} |"


def keys_of(machines, nics):
    return {machine + (nic, backend) for machine in machines for nic in nics for backend in BACKENDS}


def page_of(cells, releases, kernels, iommus, nics, others, others_nics):
    notes = Notes()
    of_axes = list(itertools.product(releases, kernels, iommus))
    machines = of_axes + others
    walked = keys_of(of_axes, nics)
    keys = walked | keys_of(others, others_nics)
    ran = {key: cell for key, cell in cells.items() if key in keys}
    rows = [row for machine in machines for row in rows_of(ran, machine, nics, notes)]
    yield HEAD
    failed = sum(cell.outcome == "fail" for cell in ran.values())
    yield f"{len(ran)} of {len(keys)} cells were run, {failed} of these failed."
    yield f"Of {len(pairs_of(walked))} pairs of values of two axes, {len(pairs_of(walked & ran.keys()))} are in a cell that was run.\n"
    if ran:
        newest = max(ran.values(), key=lambda cell: cell.date).date
        yield f"The newest run is of {newest}. Cells by commit: {commits_of(ran.values())}.\n"
    yield f"| DPDK | kernel | IOMMU | {' | '.join(nics)} | run |"
    yield "|" + "---|" * (len(nics) + 4)
    yield from rows
    if notes.numbers:
        yield "\n## Lines\n"
        for text, number in notes.numbers.items():
            yield f"{number}. {escape(text)}"
    without = [machine for machine in machines if not any(key[:3] == machine for key in ran)]
    if without:
        yield "\n## Machines without a run\n"
        for release, kernel in dict.fromkeys(machine[:2] for machine in machines):
            left = [machine[2] for machine in without if machine[:2] == (release, kernel)]
            if left:
                yield f"- DPDK {release}, kernel {kernel}: {', '.join(left)}"


def pairs_of(keys):
    """The axes' numbers stand beside their values: `iommufd` is a kernel and a backend."""
    return {pair for key in keys for pair in itertools.combinations(enumerate(key), 2)}


def commits_of(results):
    counts = {}
    for result in results:
        counts[result.date, result.commit] = counts.get((result.date, result.commit), 0) + 1
    return ", ".join(f"{count} of {commit}" for (_, commit), count in sorted(counts.items(), reverse=True))


def main():
    cells = read_cells(sys.argv[1], sys.argv[2])
    releases, kernels, iommus, nics = (words.split() for words in sys.argv[5:9])
    others = [tuple(line.split()) for line in sys.argv[9].splitlines()]
    if any(key[0] == "source" for key in cells):  # of a tree that was given
        releases.append("source")
    with open(sys.argv[3], "w", encoding="utf-8") as file:
        for key, result in sorted(cells.items()):
            print(*key, *result, sep="\t", file=file)
    with open(sys.argv[4], "w", encoding="utf-8") as file:
        for line in page_of(cells, releases, kernels, iommus, nics, others, sys.argv[10].split()):
            print(line, file=file)


if __name__ == "__main__":
    main()
