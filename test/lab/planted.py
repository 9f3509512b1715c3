#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Makes the library's map slower, for test/lab/planted-slowdown: planted.py FOLDER-OF-THE-SOURCE PERCENT

It changes the source: after the calls of the kernel a map goes on for that part of the time that it has taken until then.
"""
import pathlib
import sys

HEAD = '#include <errno.h>\n'
CALL = '\tret = space_kernel_map(space, request);\n\tif (ret != 0)\n\t\tmap_forget(space, request->runs, request->count);\n\treturn ret;\n'
BEGIN = 'map_in_one(struct rte_iommufd_space *space, const struct map_request *request)\n{\n'
CLOCK = '''#include <time.h>

static double
planted_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

'''


def change(text, old, new):
    if text.count(old) != 1:
        sys.exit(f'space_map.c is not as this expects it: {old}')
    return text.replace(old, new)


def main():
    path = pathlib.Path(sys.argv[1]) / 'lib/eal_iommufd/core/space_map.c'
    percent = float(sys.argv[2])
    text = path.read_text(encoding='utf-8')
    begun = '\tconst double planted_begin = planted_clock();\n'
    wait = f'\tconst double planted_end = planted_begin + (planted_clock() - planted_begin) * {1 + percent / 100};\n\n' \
        '\twhile (planted_clock() < planted_end)\n\t\t;\n'
    text = change(text, BEGIN, BEGIN + begun)
    text = change(text, CALL, CALL.replace('\treturn ret;\n', '\t{\n' + wait + '\t}\n\treturn ret;\n'))
    text = change(text, HEAD, HEAD + CLOCK)
    path.write_text(text, encoding='utf-8')


if __name__ == '__main__':
    main()
