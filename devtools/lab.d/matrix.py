#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Writes doc/matrix.md from the results of `devtools/lab test --matrix`.

  matrix.py CELLS RELEASES KERNELS IOMMUS NICS

CELLS has a line for each cell that was run, of these fields with tabs between them: DPDK, kernel, IOMMU, NIC, backend, outcome, date,
commit, the kernel's release, DPDK's version, note. The last line of a cell counts. It knows nothing of how a cell is run.
"""
import itertools
import re
import sys

BACKENDS = ("iommufd", "type1", "stock")

HEAD = """# The matrix

`devtools/lab test --matrix` writes this page; nothing here is written by hand. A cell is the main job: testpmd forwards, the kernel's NIC
at the other end of the wire finds each byte of its frames unchanged, the NIC is detached and attached again and forwards again. Each
cell has three outcomes, of the backends iommufd, type1 and stock (DPDK's own code), in this order:

- `ok`: all of it; `ok:noiommu`: over VFIO without an IOMMU.
- `N`: refused, by the line with this number below. A refusal of the library is one documented line.
- `FAIL`: neither. `DIFFERS`: DPDK's own code did it, and type1 did not.
- `-`: was not run.
"""


def read_cells(name):
    cells = {}
    with open(name, encoding="utf-8", errors="replace") as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if len(fields) == 11:
                cells[tuple(fields[:5])] = fields[5:]
    return cells


def escape(text):
    return text.replace("|", "\\|").replace("<", "&lt;")


class Notes:
    """The lines that are quoted, each once, and where they were printed."""

    def __init__(self):
        self.numbers = {}

    def number_of(self, text):
        text = re.sub(r"^(EAL: )?(0000:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]:? +", "", text)  # one line for all devices
        return self.numbers.setdefault(text, len(self.numbers) + 1)


def word_of(cells, key, notes):
    if key not in cells:
        return "-"
    outcome, note = cells[key][0], cells[key][5]
    if outcome == "ok":
        return "ok:noiommu" if note == "noiommu" else "ok"
    number = notes.number_of(note)
    if outcome == "refused":
        stock = cells.get(key[:4] + ("stock",))
        if key[4] == "type1" and stock and stock[0] == "ok":
            return f"DIFFERS ({number})"
        return str(number)
    return f"FAIL ({number})"


def main():
    cells = read_cells(sys.argv[1])
    releases, kernels, iommus, nics = (words.split() for words in sys.argv[2:6])
    kernels = [kernel for kernel in kernels if kernel != "mock"]
    notes = Notes()
    rows, ran, without = [], 0, []
    for machine in itertools.product(releases, kernels, iommus):
        keys = [machine + (nic, backend) for nic in nics for backend in BACKENDS]
        known = [cells[key] for key in keys if key in cells]
        if not known:
            without.append(machine)
            continue
        ran += len(known)
        columns = [", ".join(word_of(cells, machine + (nic, backend), notes) for backend in BACKENDS) for nic in nics]
        _, date, commit, release, version, _ = max(known, key=lambda cell: cell[1])
        rows.append(f"| {machine[0]} ({version}) | {machine[1]} ({release}) | {machine[2]} | {' | '.join(columns)} | {date}, {commit} |")
    total = len(releases) * len(kernels) * len(iommus) * len(nics) * len(BACKENDS)
    print(HEAD)
    print(f"{ran} of {total} cells were run.\n")
    print(f"| DPDK | kernel | IOMMU | {' | '.join(nics)} | run |")
    print("|" + "---|" * (len(nics) + 4))
    print("\n".join(rows))
    if notes.numbers:
        print("\n## Lines\n")
        for text, number in notes.numbers.items():
            print(f"{number}. {escape(text)}")
    if without:
        print("\n## Machines without a run\n")
        for release, kernel in itertools.product(releases, kernels):
            left = [machine[2] for machine in without if machine[:2] == (release, kernel)]
            if left:
                print(f"- DPDK {release}, kernel {kernel}: {', '.join(left)}")


if __name__ == "__main__":
    main()
