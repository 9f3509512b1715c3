#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Turns of stock and ours -> medians, spread and ratios, as a table and as JSON.

A line a turn: BACKEND NUMBER START FIRST PACKETS-PER-SECOND... . The absolute figures are those of an emulated machine and mean nothing
by themselves; the ratio of medians is what counts, and the ratio of each pair of turns shows how far it can be trusted.

Usage: compare.py TURNS JSON
"""
import json
import statistics
import sys


def read(path):
    turns = {}
    for line in open(path):
        backend, _, start, first, *rates = line.split()
        turns.setdefault(backend, []).append({
            "packets per second": statistics.median(map(float, rates)),
            "seconds to the first packet": float(first) - float(start),
        })
    return turns


def compare(turns, figure):
    stock = [turn[figure] for turn in turns["stock"]]
    ours = [turn[figure] for turn in turns["iommufd"]]
    pairs = [b / a for a, b in zip(stock, ours)]
    return {
        "stock": {"median": statistics.median(stock), "lowest": min(stock), "highest": max(stock)},
        "ours": {"median": statistics.median(ours), "lowest": min(ours), "highest": max(ours)},
        "ours / stock": {"of the medians": statistics.median(ours) / statistics.median(stock),
                         "of pairs, median": statistics.median(pairs), "lowest": min(pairs), "highest": max(pairs)},
        "turns": len(pairs),
    }


def main(path, result):
    turns = read(path)
    figures = {figure: compare(turns, figure) for figure in ("packets per second", "seconds to the first packet")}
    for figure, found in figures.items():
        print(f"{figure}, {found['turns']} turns each:")
        for name in ("stock", "ours", "ours / stock"):
            print(f"  {name:14}" + "  ".join(f"{key} {value:.3f}" for key, value in found[name].items()))
    with open(result, "w") as file:
        json.dump(figures, file, indent=1)


main(*sys.argv[1:])
