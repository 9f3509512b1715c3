"""Turns meson's testlog.json into one line per test: pass|fail|skip TAB name TAB seconds TAB note, and writes each meson test's output to a file.

Every cmocka test counts for itself where the program's output says so (TAP, or cmocka's own format); otherwise the meson test counts
as one. It must not know how the tests are built or who reads the lines.
Usage: meson-results.py TESTLOG OUTPUT-FOLDER
"""
import json
import os
import re
import sys

TAP = re.compile(r"^(not )?ok \d+ (?:- )?([^#]*?)\s*(?:#\s*(SKIP|TODO)\b\s*(.*))?$")
CMOCKA = re.compile(r"^\[\s*(OK|FAILED|SKIPPED)\s*\] (\S+)$")
OUTCOMES = {"OK": "pass", "FAILED": "fail", "SKIPPED": "skip", "EXPECTEDFAIL": "pass", "SKIP": "skip", "IGNORED": "skip"}


def single_tests(text):
    results = {}
    for line in text.splitlines():
        tap, cmocka = TAP.match(line), CMOCKA.match(line)
        if tap:
            results[tap[2] or tap[4]] = "fail" if tap[1] and tap[3] != "TODO" else "skip" if tap[3] else "pass"
        elif cmocka:
            results.setdefault(cmocka[2], OUTCOMES[cmocka[1]])
    return results


def main(testlog, folder):
    os.makedirs(folder, exist_ok=True)
    for line in open(testlog):
        test = json.loads(line)
        name = test["name"].split(" / ")[-1]
        text = (test.get("stdout") or "") + (test.get("stderr") or "")
        open(os.path.join(folder, name), "w").write(text)
        whole = OUTCOMES.get(test["result"], "fail")
        singles = single_tests(text)
        for single, outcome in singles.items():
            print(outcome, "%s:%s" % (name, single), "", "", sep="\t")
        if not singles or (whole == "fail" and "fail" not in singles.values()):
            print(whole, name, "%.1f" % test["duration"], test["result"] if whole == "fail" else "", sep="\t")


main(*sys.argv[1:])
