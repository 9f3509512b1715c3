# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Runs the tests of a module of Python as the other unit tests are run: a line of TAP for each.

It must not know: what is tested.
"""
import sys
import unittest


class Result(unittest.TestResult):
    def tell(self, outcome, test, text=''):
        print(f'{outcome} {self.testsRun} - {test.id().split(".", 1)[1]}', flush=True)
        for line in text.splitlines():
            print(f'# {line}', flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.tell('ok', test)

    def addError(self, test, err):
        super().addError(test, err)
        self.tell('not ok', test, self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.tell('not ok', test, self.failures[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f'ok {self.testsRun} - {test.id().split(".", 1)[1]} # SKIP {reason}', flush=True)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.tell('not ok', subtest, (self.errors + self.failures)[-1][1])


def run():
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    print(f'1..{tests.countTestCases()}', flush=True)
    result = Result()
    tests.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
