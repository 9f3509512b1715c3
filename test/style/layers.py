#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Which folder may use which: fails where an include or a call runs up or sideways.

  layers.py SOURCE_ROOT [ARCHIVE...]

Includes are read from the sources. Calls, and other uses of symbols, are read from the object files in the archives, because a
header can declare what another file defines. Within the objects of the library no circle of files is allowed.
"""
import collections
import pathlib
import re
import subprocess
import sys

LIBRARY = "lib/eal_iommufd"
PUBLIC = {"rte_iommufd.h", "rte_iommufd_pasid.h"}

# The one table: a folder, and the folders whose files it may include and call, besides its own.
LAYERS = {
    f"{LIBRARY}/util": [],
    f"{LIBRARY}/kernel": ["util"],
    f"{LIBRARY}/explain": ["kernel", "util"],
    f"{LIBRARY}/backend": ["explain", "kernel", "util"],
    f"{LIBRARY}/core": ["backend", "explain", "kernel", "util"],
    f"{LIBRARY}/eal": ["core", "backend", "explain", "kernel", "util"],
}


def folder_of(path):
    return str(path.parent)


def find_header(root, including, name):
    """The header that a file's #include "name" means, relative to the root; None: not one of ours."""
    for base in (including.parent, pathlib.Path(LIBRARY)):
        if (root / base / name).is_file():
            return base / name
    return None


def check_includes(root, wrong):
    for folder, below in LAYERS.items():
        allowed = {folder} | {f"{LIBRARY}/{name}" for name in below}
        for file in sorted((root / folder).glob("*.[ch]")):
            source = file.relative_to(root)
            for name in re.findall(r'^#include "([^"]+)"', file.read_text(), re.M):
                header = find_header(root, source, name)
                if header is None:
                    if name not in PUBLIC:
                        wrong.append(f"{source}: includes {name}, which is not below {LIBRARY}")
                elif folder_of(header) not in allowed and not (folder_of(header) == LIBRARY and header.name in PUBLIC):
                    wrong.append(f"{source}: includes {header}: {folder} may use only {', '.join(below) or 'itself'}")


def source_of(member):
    """"core_mirror.c.o" is core/mirror.c, as Meson names objects."""
    name = member.removesuffix(".o")
    for folder in LAYERS:
        layer = folder.rsplit("/", 1)[1]
        if name.startswith(layer + "_"):
            return f"{layer}/{name[len(layer) + 1:]}"
    return None


def read_symbols(archive):
    """What each object file defines for others, and what it wants of them."""
    defined, wanted = {}, collections.defaultdict(set)
    member = None
    for line in subprocess.run(["nm", "--extern-only", archive], check=True, capture_output=True, text=True).stdout.splitlines():
        if line.endswith(".o:"):
            member = source_of(line[:-1])
        elif member and line.split():
            *_, kind, symbol = line.split()
            if kind == "U":
                wanted[member].add(symbol)
            else:
                defined[symbol] = member
    return defined, wanted


def uses(archive):
    defined, wanted = read_symbols(archive)
    arrows = collections.defaultdict(dict)
    for member, symbols in wanted.items():
        for symbol in sorted(symbols):
            other = defined.get(symbol)
            if other and other != member:
                arrows[member].setdefault(other, symbol)
    return arrows


def check_calls(arrows, wrong):
    for member, others in sorted(arrows.items()):
        layer = member.split("/")[0]
        for other, symbol in sorted(others.items()):
            used = other.split("/")[0]
            if used != layer and used not in LAYERS[f"{LIBRARY}/{layer}"]:
                wrong.append(f"{member}: uses {symbol} of {other}: {layer} may not use {used}")


def reaches(arrows, start, end):
    """The way by arrows from one file to another, or None."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop(0)
        for other in sorted(arrows.get(way[-1], {})):
            if other == end:
                return way + [other]
            if other not in seen:
                seen.add(other)
                ways.append(way + [other])
    return None


def check_circles(arrows, wrong):
    told = set()
    for member in sorted(arrows):
        way = reaches(arrows, member, member)
        if way and not told & set(way):
            told |= set(way)
            names = [f"{one} ({arrows[one][other]})" for one, other in zip(way, way[1:])]
            wrong.append(f"a circle of files: {' -> '.join(names)} -> {way[-1]}")


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    wrong = []
    check_includes(root, wrong)
    for archive in sys.argv[2:]:
        arrows = uses(archive)
        if not arrows:
            wrong.append(f"{archive}: no object file of {LIBRARY} in it")
        check_calls(arrows, wrong)
        check_circles(arrows, wrong)
    print("\n".join(wrong) if wrong else "no include or call runs up or sideways, and there is no circle of files")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
