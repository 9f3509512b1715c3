#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Which folder may use which: fails where an include or a call runs up or sideways.

  layers.py SOURCE_ROOT [ARCHIVE...]

Includes are read from the sources. Calls, and other uses of symbols, are read from the object files in the archives, because a
header can declare what another file defines. Within the objects of the library no circle of files is allowed. Packages of Python have an
order of modules.
"""
import ast
import collections
import pathlib
import re
import subprocess
import sys

LIBRARY = "lib/eal_iommufd"
SVA = "lib/iommufd_sva"
PUBLIC = {"rte_iommufd.h", "rte_iommufd_nested.h", "rte_iommufd_pasid.h"}
INTERNAL = {"rte_iommufd_internal.h"}
UAPI = {"kernel/kernel_uapi.h"}  # the kernel's layouts, nothing of the library
SVA_PUBLIC = {"rte_iommufd_sva.h"}

# The one table: a folder, and the folders whose files it may include and call, besides its own.
LAYERS = {
    f"{LIBRARY}/util": [],
    f"{LIBRARY}/kernel": [f"{LIBRARY}/util"],
    f"{LIBRARY}/explain": [f"{LIBRARY}/kernel", f"{LIBRARY}/util"],
    f"{LIBRARY}/backend": [f"{LIBRARY}/explain", f"{LIBRARY}/kernel", f"{LIBRARY}/util"],
    f"{LIBRARY}/core": [f"{LIBRARY}/backend", f"{LIBRARY}/explain", f"{LIBRARY}/kernel", f"{LIBRARY}/util"],
    f"{LIBRARY}/eal": [f"{LIBRARY}/core", f"{LIBRARY}/backend", f"{LIBRARY}/explain", f"{LIBRARY}/kernel", f"{LIBRARY}/util"],
    f"{SVA}/util": [],
    f"{SVA}/kernel": [f"{SVA}/util"],
    SVA: [f"{SVA}/kernel", f"{SVA}/util"],
}

# dpdk-iommufd-info has the library in it, and looks at the machine by the library's own code.
INSPECTION = {
    "core/choice.h", "explain/explain.h", "kernel/cdev_owner.h", "kernel/hugepages.h", "kernel/iommu_call.h", "kernel/iommu_unit.h",
    "kernel/kernel.h", "kernel/kernel_config.h", "kernel/kernel_state.h", "kernel/memory_limits.h", "kernel/node_access.h",
    "kernel/node_owner.h", "kernel/pci_config.h", "kernel/reserved_regions.h", "kernel/sysfs_device.h",
}

# Who uses the libraries, and the headers of theirs that he may include. Programs get what is installed. The first that fits a
# file counts.
USERS = {
    "lib/eal_iommufd": PUBLIC | INTERNAL,
    "lib/iommufd_sva": PUBLIC | INTERNAL | SVA_PUBLIC,
    "drivers/bus": PUBLIC | INTERNAL,
    "drivers/net": PUBLIC | SVA_PUBLIC,
    "app/iommufd-info": PUBLIC | INSPECTION,
    "app/iommufd-perf": PUBLIC | SVA_PUBLIC | UAPI,
    # It begins with all rights: it has these files of the library, and is not linked with DPDK.
    "app/iommufd-run": {"kernel/kernel.h", "kernel/sysfs_device.h", "explain/explain.h"},
    "examples": PUBLIC | SVA_PUBLIC,
}

# Packages of Python, each with the order of its modules.
PYTHON = ["app/iommufd-perf/iommufd_perf"]


def folder_of(path):
    return str(path.parent)


def user_of(path):
    return next(user for user in USERS if str(path).startswith(user + "/"))


def find_header(root, including, name):
    """The header that a file's #include means, relative to the root; None: not one of the libraries' or the file's folder."""
    user = pathlib.Path(user_of(including))
    for base in dict.fromkeys((including.parent, user, pathlib.Path(LIBRARY), pathlib.Path(SVA))):
        if (root / base / name).is_file():
            return base / name
    return None


def check_users(root, wrong):
    """No one looks into a library beyond the headers that the table gives him."""
    for user, allowed in USERS.items():
        for file in sorted((root / user).rglob("*.[ch]")):
            source = file.relative_to(root)
            if user_of(source) != user:
                continue
            for name in re.findall(r'^#include ["<]([^">]+)[">]', file.read_text(), re.M):
                header = find_header(root, source, name)
                if header is None or str(header).startswith(user + "/"):
                    continue
                if str(header).startswith((LIBRARY + "/", SVA + "/")) and name not in allowed:
                    wrong.append(f"{source}: includes {header}: {user} may use only {', '.join(sorted(allowed))}")


def check_includes(root, wrong):
    for folder, below in LAYERS.items():
        allowed = {folder, *below}
        library = SVA if folder.startswith(SVA) else LIBRARY
        for file in sorted((root / folder).glob("*.[ch]")):
            source = file.relative_to(root)
            for name in re.findall(r'^#include "([^"]+)"', file.read_text(), re.M):
                header = find_header(root, source, name)
                if name in USERS[library]:
                    continue
                if header is None:
                    wrong.append(f"{source}: includes {name}, which is not below {library}")
                elif folder_of(header) not in allowed:
                    wrong.append(f"{source}: includes {header}: {folder} may use only {', '.join(below) or 'itself'}")


def check_python(root, wrong):
    """A module imports only modules that stand above it in the list of its package, which is the package's docstring."""
    for package in PYTHON:
        docstring = ast.get_docstring(ast.parse((root / package / "__init__.py").read_text()))
        listed = [name for line in re.findall(r"^ {4}([a-z_, ]+?)(?:  |$)", docstring, re.M) for name in line.split(", ")]
        files = {file.stem: file for file in (root / package).glob("*.py") if file.stem != "__init__"}
        for name in sorted(set(listed) ^ set(files)):
            wrong.append(f"{package}: {name} is {'not listed in' if name in files else 'no module, but listed in'} __init__.py")
        for name, file in files.items():
            above = listed[:listed.index(name)] if name in listed else listed
            for first, others in re.findall(r"^from \.(\w*) import ([\w, ]+)$", file.read_text(), re.M):
                for module in [first] if first else others.split(", "):
                    if module not in above:
                        wrong.append(f"{package}/{file.name}: imports {module}, which does not stand above it in __init__.py")


def library_of(archive):
    """librte_iommufd_sva.a is made from lib/iommufd_sva."""
    return "lib/" + pathlib.Path(archive).stem.removeprefix("librte_")


def source_of(library, member):
    """"core_mirror.c.o" is core/mirror.c, as Meson names objects."""
    name = member.removesuffix(".o")
    for folder in LAYERS:
        layer = folder.removeprefix(library + "/")
        if layer != folder and name.startswith(layer + "_"):
            return f"{folder}/{name[len(layer) + 1:]}"
    return f"{library}/{name}" if library in LAYERS else None


def read_symbols(archive):
    """What each object file defines for others, and what it wants of them."""
    defined, wanted = {}, collections.defaultdict(set)
    member = None
    for line in subprocess.run(["nm", "--extern-only", archive], check=True, capture_output=True, text=True).stdout.splitlines():
        if line.endswith(".o:"):
            member = source_of(library_of(archive), line[:-1])
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
        layer = member.rsplit("/", 1)[0]
        for other, symbol in sorted(others.items()):
            used = other.rsplit("/", 1)[0]
            if used != layer and used not in LAYERS[layer]:
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
    check_users(root, wrong)
    check_python(root, wrong)
    for archive in sys.argv[2:]:
        arrows = uses(archive)
        if not arrows:
            wrong.append(f"{archive}: no object file of {library_of(archive)} in it")
        check_calls(arrows, wrong)
        check_circles(arrows, wrong)
    print("\n".join(wrong) if wrong else "no include or call runs up or sideways, and there is no circle of files")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
