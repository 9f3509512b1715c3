# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Samples of one figure: the ratios of turns, and the interval in which the median lies.

Must not know: what was measured, or how. No I/O.
"""
import math

CONFIDENCE = 0.95


def interval(values):
    """The interval that has the median of all that could have been sampled in it, in at least 95 of 100 cases, whatever the
    distribution: the narrowest pair of order statistics (the number of samples below the median is binomial). None with fewer than
    six samples, which tell no such interval.
    """
    ordered = sorted(values)
    narrowest = None
    below = 0.0  # how probable it is that the median is below ordered[i]
    for i in range(len(ordered) // 2):
        below += math.comb(len(ordered), i) / 2**len(ordered)
        if 1 - 2 * below < CONFIDENCE:
            break
        narrowest = (ordered[i], ordered[-1 - i])
    return narrowest


def ratios(dividends, divisors):
    """Of the pairs of the same turn, as far as both have them. ValueError when a divisor is not above 0."""
    pairs = list(zip(dividends, divisors))
    if not all(divisor > 0 for _, divisor in pairs):
        raise ValueError('a divisor is not above 0')
    return [dividend / divisor for dividend, divisor in pairs]
