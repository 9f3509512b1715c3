#!/usr/bin/env python3
# What a DPDK program that runs tells by the distribution's dpdk-telemetry.py.
#
#   telemetry.py get COMMAND [KEY...]   a value a line, arrays of strings put together; without KEY all of it, as JSON
#   telemetry.py expect VALUE COMMAND KEY [VALUE COMMAND KEY]...   fails unless each value is this one
#   telemetry.py mapped SPACE           the sum of the lengths of all mappings of a space, from all pages
#   telemetry.py refused COMMAND...     fails unless the program has no answer to any of them
#
# All commands of a call are asked by one run of dpdk-telemetry.py, in this interpreter: to start one takes a second in an emulated machine.
# It must not know what the values mean.
import contextlib
import io
import json
import os
import re
import sys


def run_client(text):
    path = next(path for folder in os.get_exec_path() if os.path.exists(path := os.path.join(folder, "dpdk-telemetry.py")))
    with open(path, encoding="utf-8") as file:
        client = compile(file.read(), path, "exec")
    with os.fdopen(os.memfd_create("commands"), "w+") as sys.stdin, contextlib.redirect_stdout(io.StringIO()) as output:
        sys.stdin.write(text)
        sys.stdin.seek(0)
        arguments, sys.argv = sys.argv, [path]
        exec(client, {"__name__": "__main__"})
        sys.argv = arguments
    return output.getvalue()


def ask_all(commands):
    output = run_client("".join(command + "\n" for command in commands))
    lines = output.splitlines()
    if len(lines) != len(commands):
        sys.exit(f"{commands}: not a line each: {output}")
    return [json.loads(line)[command.split(",")[0]] for command, line in zip(commands, lines)]


def ask(command):
    return ask_all([command])[0]


def text_of(value):
    return "".join(value) if isinstance(value, list) and all(isinstance(part, str) for part in value) else str(value)


def get(command, *keys):
    answer = ask(command)
    if not keys:
        print(json.dumps(answer))
    for key in keys:
        print(text_of(answer[key]))


def expect(*words):
    triples = list(zip(words[::3], words[1::3], words[2::3]))
    commands = sorted({command for _, command, _ in triples})
    answers = dict(zip(commands, ask_all(commands)))
    wrong = False
    for value, command, key in triples:
        if answers[command] is None:
            print(f"{command} is not answered")
            wrong = True
        elif text_of(answers[command][key]) != value:
            print(f"{command} says {key} is '{text_of(answers[command][key])}' and not '{value}'")
            wrong = True
    if wrong:
        sys.exit(1)


def mapped(space):
    total, page = 0, space
    while page:
        answer = ask("/iommufd/mappings," + page)
        total += sum(int(re.search(r"length=(\S+)", mapping)[1], 0) for mapping in answer["mappings"])
        page = answer["next"]
    print(total)


def refused(*commands):
    for command, answer in zip(commands, ask_all(commands)):
        if answer is not None:
            sys.exit(f"{command} is answered: {answer}")


{"get": get, "expect": expect, "mapped": mapped, "refused": refused}[sys.argv[1]](*sys.argv[2:])
