#!/usr/bin/env python3
# What a DPDK program that runs tells by the distribution's dpdk-telemetry.py.
#
#   telemetry.py get COMMAND [KEY...]   a value a line, arrays of strings put together; without KEY all of it, as JSON
#   telemetry.py mapped SPACE           the sum of the lengths of all mappings of a space, from all pages
#   telemetry.py refused COMMAND        fails unless the program has no answer to it
#
# It must not know what the values mean.
import json
import re
import subprocess
import sys


def ask(command):
    output = subprocess.run(["dpdk-telemetry.py"], input=command + "\n", text=True, capture_output=True, timeout=60, check=True).stdout
    lines = output.splitlines()
    if len(lines) != 1:
        sys.exit(f"{command}: not one line: {output}")
    return json.loads(lines[0])[command.split(",")[0]]


def show(value):
    print("".join(value) if isinstance(value, list) and all(isinstance(part, str) for part in value) else value)


def get(command, *keys):
    answer = ask(command)
    if not keys:
        print(json.dumps(answer))
    for key in keys:
        show(answer[key])


def mapped(space):
    total, page = 0, space
    while page:
        answer = ask("/iommufd/mappings," + page)
        total += sum(int(re.search(r"length=(\S+)", mapping)[1], 0) for mapping in answer["mappings"])
        page = answer["next"]
    print(total)


def refused(command):
    answer = ask(command)
    if answer is not None:
        sys.exit(f"{command} is answered: {answer}")


{"get": get, "mapped": mapped, "refused": refused}[sys.argv[1]](*sys.argv[2:])
