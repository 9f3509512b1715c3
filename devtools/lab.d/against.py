#!/usr/bin/env python3
"""Judges what two builds have measured by turns in one boot.

FOLDER has old-N.json and new-N.json of each turn N, reports of dpdk-iommufd-perf. Each turn gives one
ratio for each figure: the new build's best sample by the old one's. What else the machine does can only make a sample
worse, and it does so to most samples of a busy machine; the best of several comes nearest to what the build takes by
itself. What changes more slowly than the turns do cancels out of the ratio. A slowdown that only some of the calls
have is not found by this.

The verdict rests on the median of the ratios and on its interval by order statistics: that of the
binomial distribution, which assumes nothing of how the ratios are distributed. A figure is WORSE when its
whole interval is worse than the tolerance. With fewer than six turns the widest interval has less than
95 %, and nothing is decided.

With --suspects nothing is judged yet: the figures that may be WORSE, and that more turns may decide, are listed. Only
what looks worse already is measured for longer, so to look again and again makes no good figure WORSE: the interval has
to be worse than the tolerance then, too, and that is far from 1.

It must not know what is measured.
"""
import argparse
import json
import math
import pathlib
import statistics
import sys

sys.dont_write_bytecode = True  # the checkout is only read
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "app/iommufd-perf"))
from iommufd_perf.samples import interval  # noqa: E402  pylint: disable=wrong-import-position


def figures_of(path):
    return {figure["name"]: figure for figure in json.loads(path.read_text())["figures"]}


def read_turns(folder):
    turns = []
    while (folder / f"old-{len(turns)}.json").exists() and (folder / f"new-{len(turns)}.json").exists():
        turns.append(tuple(figures_of(folder / f"{side}-{len(turns)}.json") for side in ("old", "new")))
    return turns


def best(figure):
    """A ratio of two ways has that of their best samples beside its own."""
    if "of lowest" in figure:
        return figure["of lowest"]
    return figure.get("lowest" if figure["better"] == "lower" else "highest", figure["median"])


def ratio(old, new):
    if old == new:
        return 1.0  # what was counted may be 0 on both sides
    return new / old if old else math.inf


def verdict(better, bounds, tolerance):
    if bounds is None:
        return "too few turns"
    low, high = bounds
    if better == "higher":  # turned round: above 1 is worse
        low, high = 1 / high if high else math.inf, 1 / low if low else math.inf
    if low > 1 + tolerance:
        return "WORSE"
    if high < 1:
        return "better"
    return "not worse" if high <= 1 + tolerance else "not decided"


def is_suspect(figure, tolerance):
    """Not decided, and the median is worse by more than half the tolerance."""
    worse = figure["ratio"] if figure["better"] == "lower" else 1 / figure["ratio"] if figure["ratio"] else math.inf
    return figure["verdict"] in ("not decided", "too few turns") and worse > 1 + tolerance / 2


def judge(name, turns, tolerance):
    pairs = [(old[name], new[name]) for old, new in turns if name in old and name in new]
    ratios = [ratio(best(old), best(new)) for old, new in pairs]
    first = pairs[0][0]
    bounds = interval(ratios)
    return {
        "name": name,
        "unit": first["unit"],
        "better": first["better"],
        "old": statistics.median(best(old) for old, _ in pairs),
        "new": statistics.median(best(new) for _, new in pairs),
        "ratio": statistics.median(ratios),
        "interval": bounds,
        "ratios": ratios,
        "verdict": verdict(first["better"], bounds, tolerance),
    }


def common_names(turns):
    """In the new build's order; what only one of the two builds measures is not compared."""
    old, new = turns[0]
    return [name for name in new if name in old], [name for name in old if name not in new]


def without_infinity(figure):
    """JSON has no word for it."""
    return {**figure, "ratios": [value if math.isfinite(value) else None for value in figure["ratios"]],
            "ratio": figure["ratio"] if math.isfinite(figure["ratio"]) else None}


def show(judged, missing, old_name):
    width = max(len(figure["name"]) for figure in judged)
    print(f"\n{'':{width}} {old_name[:12]:>12} {'here':>12} {'ratio':>7}  95 %")
    for figure in judged:
        bounds = figure["interval"]
        text = f"{bounds[0]:.3f} to {bounds[1]:.3f}" if bounds else "-"
        print(f"{figure['name']:{width}} {figure['old']:12.5g} {figure['new']:12.5g} {figure['ratio']:7.3f}  {text:16}"
              f"  {figure['better']} is better: {figure['verdict']}")
    for name in missing:
        print(f"{name}: only the old build has measured it")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--old", default="old", help="the old build's name")
    parser.add_argument("--tolerance", type=float, default=5, help="in percent")
    parser.add_argument("--suspects", action="store_true", help="only list what more turns may find to be worse")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--fact", action="append", default=[], help="NAME=VALUE, for the JSON")
    options = parser.parse_args()
    turns = read_turns(options.folder)
    if not turns:
        print("no turn was measured by both builds", file=sys.stderr)
        return 2
    names, missing = common_names(turns)
    if not names:
        print("the two builds have no figure in common", file=sys.stderr)
        return 2
    judged = [judge(name, turns, options.tolerance / 100) for name in names]
    if options.suspects:
        print("\n".join(figure["name"] for figure in judged if is_suspect(figure, options.tolerance / 100)))
        return 0
    show(judged, missing, options.old)
    if options.json:
        options.json.write_text(json.dumps({"old": options.old, "tolerance": options.tolerance,
                                            "facts": dict(fact.split("=", 1) for fact in options.fact),
                                            "figures": [without_infinity(figure) for figure in judged]}, indent=1) + "\n")
    worse = sum(figure["verdict"] == "WORSE" for figure in judged)
    print(f"\n{len(judged)} figures in {len(turns)} turns: {worse} worse by more than {options.tolerance:g} %")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
