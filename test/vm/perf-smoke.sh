#!/bin/bash
# dpdk-iommufd-perf runs: its quick suites with little memory, once. What it says of the machine is not looked at, but that its figures
# are there, and that a comparison sees what is worse.
# machine: --nic e1000e --nic e1000e --nic svanic:link=pair1 --nic svanic:link=pair1 --hugepages 512
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

need_command dpdk-iommufd-perf
bind_vfio 01:00.0 02:00.0 03:00.0
new=$work/new.json

# The library logs nothing but errors here, and there are none.
dpdk-iommufd-perf --device 01:00.0 --device 02:00.0 --svanic 03:00.0 --size 64M --repeat 1 --warmup 0 --json "$new" --fact commit=1a2b \
	map unmap sizes parallel share account fault sva-invalidate 2>"$work/errors.log" || fail "exit status $?: $(cat "$work/errors.log")"
expect_no_line "$work/errors.log" IOMMUFD:
check_nothing_pinned
check_no_faults

# Each suite has left figures, and each figure adds up.
python3 - "$new" <<'PYTHON' || fail "the figures are not as they should be"
import json, statistics, sys
figures = json.load(open(sys.argv[1]))["figures"]
suites = {figure["name"].split(",")[0].split(":")[0] for figure in figures}
assert suites == {"map", "unmap", "sizes", "parallel", "share", "account", "fault", "sva-invalidate"}, suites
for figure in figures:
    assert len(figure["samples"]) == 1 and figure["median"] == statistics.median(figure["samples"]), figure
    assert figure["lowest"] <= figure["median"] <= figure["highest"], figure
    assert figure["better"] in ("lower", "higher") and figure["unit"], figure
assert json.load(open(sys.argv[1]))["facts"] == {"commit": "1a2b"}
points = {figure["point"]["x"] for figure in figures if figure.get("point", {}).get("curve") == "map, one file: ours"}
assert points == {2, 8, 32}, points
# What does not depend on how fast the machine is.
calls = {figure["name"]: figure["median"] for figure in figures if figure["unit"] == "calls"}
assert calls["map, one file: stock: ioctls"] == 32, calls
assert calls["map, one file: ours, 1 thread: ioctls"] == 1, calls
assert calls["share, 1 more devices: ours, the same space: map calls"] == 0, calls
requests = {figure["name"]: figure["median"] for figure in figures if figure["unit"] == "requests"}
# Pages touched one after the other are a stream, for which more is mapped each time.
assert 0 < requests["fault: by page: requests for 1024 pages"] < 64, requests
assert 0 < requests["fault: fault-around: requests for 1024 pages"] < 64, requests
assert requests["fault: prefaulted: requests for 1024 pages"] == 0, requests
PYTHON

dpdk-iommufd-perf --compare "$new" "$new" >"$work/same.log" || fail "a report is worse than itself"

change_report() { # STATEMENT: a copy of the report, changed by it
	python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))
figures = report["figures"]
exec(sys.argv[3])
json.dump(report, open(sys.argv[2], "w"))' "$new" "$work/changed.json" "$1"
}
ratio='next(f for f in figures if f["name"] == "map, one file: stock / ours, 1 thread")'
status_of_comparison() { local status=0; dpdk-iommufd-perf --compare "$new" "$work/changed.json" >"$work/changed.log" || status=$?; echo $status; }

change_report "f = $ratio; f['median'] *= 0.9"
[ "$(status_of_comparison)" = 1 ] || fail "a worse ratio is not seen"
expect_line "$work/changed.log" 'WORSE$'
change_report "figures.remove($ratio)"
[ "$(status_of_comparison)" = 1 ] || fail "a missing figure is not seen"
expect_line "$work/changed.log" 'MISSING$'

# What is wrong is one line and exit status 2.
wrong() { # REGEX ARGUMENTS...
	local regex=$1 status=0
	shift
	dpdk-iommufd-perf "$@" >"$work/wrong.log" 2>&1 || status=$?
	[ "$status" = 2 ] || fail "exit status $status: dpdk-iommufd-perf $*"
	[ "$(wc -l <"$work/wrong.log")" = 1 ] || { show_log "$work/wrong.log"; fail "not one line: dpdk-iommufd-perf $*"; }
	expect_line "$work/wrong.log" "$regex"
}
wrong 'no suite "maps"' --device 01:00.0 maps
wrong '"63K"|whole pages' --device 01:00.0 --size 63K map
wrong 'wants --device' map
wrong '/nonexistent/file' --device 01:00.0 --json /nonexistent/file map
wrong 'not a report: .*nonexistent' --compare "$new" /nonexistent
wrong 'not a report' --compare "$new" /dev/null
