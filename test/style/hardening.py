#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""What is installed is hardened: hardening.py READELF OBJECT...

Each shared object and program is read-only after relocation as a whole (RELRO and BIND_NOW), has no stack that can be executed and no
segment that is writable and executable, and is position-independent; one that has functions with arrays on the stack checks it. A library
whose functions EAL calls back stays loaded.
"""
import re
import subprocess
import sys


def read(readelf, option, name):
    return subprocess.run([readelf, "-W", option, name], check=True, capture_output=True, text=True).stdout


def faults(readelf, name):
    segments, dynamic = read(readelf, "--segments", name), read(readelf, "--dynamic", name)
    if "GNU_RELRO" not in segments:
        yield "no RELRO"
    if not re.search(r"BIND_NOW|FLAGS.*\bNOW\b", dynamic):
        yield "no BIND_NOW"
    stack = re.search(r"GNU_STACK.*?0x\w+ (?:0x\w+ ){4}(\S[RWE ]*?)\s+0x", segments)
    if stack is None or "E" in stack[1]:
        yield "a stack that can be executed"
    for flags in re.findall(r"^\s+LOAD\s+(?:0x\w+ +){5}([RWE ]+?)\s+0x", segments, re.M):
        if "W" in flags and "E" in flags:
            yield "a segment that is writable and executable"
    if name.rpartition("/")[2].startswith("lib") and "NODELETE" not in dynamic:
        yield "can be unloaded, though EAL has addresses of its functions (-z nodelete)"
    if "DYN" not in read(readelf, "--file-header", name):
        yield "not position-independent"


def checks_its_stack(readelf, name):
    return "__stack_chk_fail" in read(readelf, "--dyn-syms", name)


def main():
    readelf, names = sys.argv[1], sys.argv[2:]
    wrong = [f"{name}: {fault}" for name in names for fault in faults(readelf, name)]
    # The loader in the plugin folder is small; all others have such functions.
    wrong += [f"{name}: no stack protector" for name in names if "loader" not in name and not checks_its_stack(readelf, name)]
    print("\n".join(wrong) if wrong else f"{len(names)} objects are hardened")
    return 1 if wrong or not names else 0


if __name__ == "__main__":
    sys.exit(main())
