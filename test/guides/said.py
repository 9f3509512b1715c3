#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Compares what the library can say of a refusal with the guide on troubleshooting.

  said.py GUIDE SOURCE...       each sentence of the C sources is in the guide, and the guide quotes no others
  said.py --list SOURCE...      the sentences, as the guide has to have them

A sentence is a string literal of some length, with those that stand beside it; what printf() fills in is written as three dots. In
the guide it is a line that begins with "> ", without anything else on it.
"""
import re
import sys

SHORTEST = 16  # characters: what is shorter is a part of a sentence, such as "a, b"
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|^\s*#[^\n]*(?:\\\n[^\n]*)*|\w+|\s+|.', re.S | re.M)
FILLED_IN = re.compile(r"%[-#0-9.]*(?:l|ll|z|h)*[diuxXscp]|%[-#0-9.]*(?=$|[^%\w])")


def macros(text):
    """Macros that are a part of a sentence."""
    return dict(re.findall(r'^#define (\w+)\s*\\?\n?\s*"((?:[^"\\\n]|\\.)*)"\s*$', text, re.M))


def sentences(text):
    known = macros(text)
    joined, open_literal = "", False
    for token in TOKEN.findall(text):
        if token.startswith(("/*", "//")) or token.isspace():
            continue
        if token.startswith('"'):
            joined += token[1:-1]
            open_literal = True
        elif open_literal and re.match(r"PRI[xud]64$", token):
            joined = re.sub(r"%#?$", "%s", joined)
        elif open_literal and token in known:
            joined += known[token]
        else:
            if open_literal:
                yield joined
            joined, open_literal = "", False


def as_in_the_guide(sentence):
    sentence = sentence.replace('\\"', '"').replace("%%", "%")
    return FILLED_IN.sub("...", sentence).strip()


def said(names):
    found = {}
    for name in names:
        with open(name, encoding="utf-8") as file:
            for sentence in map(as_in_the_guide, sentences(file.read())):
                if len(sentence) >= SHORTEST and " " in sentence:
                    found.setdefault(sentence, name)
    return found


def main():
    if sys.argv[1] == "--list":
        for sentence in said(sys.argv[2:]):
            print("> " + sentence)
        return 0
    with open(sys.argv[1], encoding="utf-8") as file:
        quoted = {line[2:].strip() for line in file if line.startswith("> ")}
    found = said(sys.argv[2:])
    for sentence, name in found.items():
        if sentence not in quoted:
            print(f"{name}: the guide lacks: {sentence}")
    for sentence in quoted - set(found):
        print(f"{sys.argv[1]}: nothing says: {sentence}")
    print(f"{len(found)} sentences, {len(quoted)} in the guide")
    return 0 if quoted == set(found) and found else 1


if __name__ == "__main__":
    sys.exit(main())
