#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Each test that a document names exists: named_tests.py SOURCE-FOLDER DOCUMENT...

Names are written as `unit PROGRAM:TEST`, `unit NAME` (a test of meson's), `vm NAME`, `mock NAME`, `install NAME` or `fuzz TARGET`.
"""
import glob
import re
import sys

NAME = re.compile(r"`(unit|vm|mock|install|fuzz) ([\w.-]+)(?::(\w+))?`")


def read(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


def exists(source, kind, name, test):
    if kind in ("vm", "mock"):
        return bool(glob.glob(f"{source}/test/{kind}/{name}.sh"))
    if kind == "fuzz":
        return bool(glob.glob(f"{source}/test/fuzz/fuzz_{name}.c"))
    if test:
        return any(re.search(rf"\b[A-Z0-9_]+\({test}\)", read(file))
                   for file in glob.glob(f"{source}/test/unit/*/test_{name}.c"))
    return any(f"'{name}'" in read(file)
               for file in glob.glob(f"{source}/test/**/meson.build", recursive=True))


def main():
    source, documents = sys.argv[1], sys.argv[2:]
    named = [(document, *found) for document in documents for found in NAME.findall(read(document))]
    wrong = [name for name in named if not exists(source, *name[1:])]
    for document, kind, name, test in wrong:
        print(f"{document}: no such test: {kind} {name}{':' + test if test else ''}")
    print(f"{len(named)} tests are named")
    return 1 if wrong or not named else 0


if __name__ == "__main__":
    sys.exit(main())
