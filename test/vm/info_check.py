#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Checks the JSON of dpdk-iommufd-info.

  info_check.py SCHEMA OUTPUT [PATH=VALUE...]
  info_check.py SCHEMA          the same for many: reads OUTPUT and what follows it, each word ended by a zero byte and all of them by an
                                empty word; the last line of what it answers is `right` or `wrong`

The output has to be as the schema says, of which what doc/info-schema.json uses is understood; any other keyword is an error. Then
each PATH has to have the value, which is JSON: `devices.0.start.verdict="would-try"`. PATH~TEXT: the string there contains it.
"""
import json
import os
import re
import sys

TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None),
}
SAID_ONLY = {"$schema", "title", "description", "$defs"}


def is_of_type(value, name):
    return isinstance(value, TYPES[name]) and not (name == "integer" and isinstance(value, bool))


def check_object(schema, root, value, where):
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}: {name} is missing"
    more = schema.get("additionalProperties", True)
    for name, member in value.items():
        if name in schema.get("properties", {}):
            yield from check(schema["properties"][name], root, member, f"{where}.{name}")
        elif more is False:
            yield f"{where}: {name} is not in the schema"
        elif more is not True:
            yield from check(more, root, member, f"{where}.{name}")


def check(schema, root, value, where):
    unknown = set(schema) - SAID_ONLY - {"$ref", "type", "enum", "const", "required", "properties", "additionalProperties", "items"}
    if unknown:
        yield f"the schema has keywords that this program does not know: {unknown}"
    if "$ref" in schema:
        yield from check(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, value, where)
    types = schema.get("type", list(TYPES))
    if not any(is_of_type(value, name) for name in ([types] if isinstance(types, str) else types)):
        yield f"{where}: {value!r} is not {types}"
    if "enum" in schema and not any(value == one and type(value) is type(one) for one in schema["enum"]):
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{where}: {value!r} is not {schema['const']!r}"
    if isinstance(value, dict):
        yield from check_object(schema, root, value, where)
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from check(schema["items"], root, item, f"{where}.{index}")


def find(value, path):
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def check_field(output, wanted):
    path, kind, text = re.fullmatch(r"([^=~]+)([=~])(.*)", wanted, re.S).groups()
    try:
        value = find(output, path)
    except (KeyError, IndexError, TypeError):
        return f"{path}: there is no such field"
    if kind == "~":
        return None if text in value else f"{path}: {value!r} does not contain {text!r}"
    golden = json.loads(text)
    return None if value == golden and type(value) is type(golden) else f"{path}: {value!r} is not {golden!r}"


def wrong_in(schema, path, wanted):
    with open(path, encoding="utf-8") as file:
        output = json.load(file)
    return list(check(schema, schema, output, "$")) + [one for one in (check_field(output, field) for field in wanted) if one]


def report(wrong):
    print("\n".join(wrong) if wrong else "the output is as the schema says, and the fields are as wanted")


def requests():
    text = b""
    while more := os.read(0, 1 << 16):
        text += more
        if text.endswith(b"\0\0"):
            yield text.decode().split("\0")[:-2]
            text = b""


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    if len(sys.argv) > 2:
        wrong = wrong_in(schema, sys.argv[2], sys.argv[3:])
        report(wrong)
        return 1 if wrong else 0
    for path, *wanted in requests():
        wrong = wrong_in(schema, path, wanted)
        report(wrong)
        print("wrong" if wrong else "right", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
