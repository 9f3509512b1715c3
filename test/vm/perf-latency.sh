#!/bin/bash
# dpdk-iommufd-perf latency measures each request once: 1000 in each situation, none lost, none made twice but where other threads unmap
# what a device has, and what it tells of them is in order. How long they take is not looked at: that is the machine's.
# machine: --nic e1000e --nic e1000e --nic svanic:link=pair1 --nic svanic:link=pair1 --hugepages 512
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

need_command dpdk-iommufd-perf
bind_vfio 03:00.0
figures=$work/latency.json

dpdk-iommufd-perf --svanic 03:00.0 --size 64M --repeat 1 --warmup 0 --json "$figures" latency 2>"$work/errors.log" ||
	fail "exit status $?: $(cat "$work/errors.log")"
expect_no_line "$work/errors.log" IOMMUFD:
check_nothing_pinned
check_no_faults

python3 - "$figures" <<'PYTHON' || fail "the figures are not as they should be"
import json, sys
figures = {figure["name"].removeprefix("latency, "): figure["median"] for figure in json.load(open(sys.argv[1]))["figures"]}
situations = {name.split(": ")[0] for name in figures if " / " not in name}
assert len(situations) == 7 and "idle" in situations, situations
for situation in situations:
    requests = figures[f"{situation}: requests for 1000 pages"]
    assert requests == 1000 or situation == "4 threads munmap(), a device's" and 1000 < requests < 2000, (situation, requests)
    for what in "a request", "munmap()":
        median, p99, worst = (figures[f"{situation}: {what}, {which}"] for which in ("median", "p99", "worst"))
        assert 0 < median <= p99 <= worst, (situation, what, median, p99, worst)
for situation in situations - {"idle"}:
    for what in "a request, p99", "munmap(), worst":
        ratio = figures[f"{situation} / idle: {what}"]
        assert abs(ratio - figures[f"{situation}: {what}"] / figures[f"idle: {what}"]) < 1e-6 * ratio, (situation, what, ratio)
PYTHON
