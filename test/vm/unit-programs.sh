#!/bin/bash
# The programs of the unit tests, one after the other, where they were built for another machine than the one that built them: there Meson
# cannot run them. The build directory is the lab's 9p export `build`.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 600
. "$(dirname "$0")/lib.sh"

mkdir "$work/build"
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,ro,cache=loose build "$work/build" 2>/dev/null ||
	skip "the unit tests run where they were built: devtools/lab test unit"
# The programs know their objects by the paths of the build.
there=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["directories"]["build"])' "$work/build/meson-info/meson-info.json")
mkdir -p "$there"
mount --move "$work/build" "$there"
restore() { umount --lazy "$there"; }

# Lines NAME PROGRAM ARGUMENT...: of the tests that are programs of this build.
list_programs() {
	python3 - "$there" <<'PYTHON'
import json
import pathlib
import sys

there = pathlib.Path(sys.argv[1])
for test in json.loads((there / "meson-info/intro-tests.json").read_text()):
    if pathlib.Path(test["cmd"][0]).is_relative_to(there / "test/unit"):
        print(test["name"], *test["cmd"])
PYTHON
}

list_programs >"$work/programs"
count=0 failed=()
while read -r -u 4 name program arguments; do
	# shellcheck disable=SC2086
	(cd "$there" && timeout $((busy_factor * 120)) "$program" $arguments) >"$work/$name.txt" 2>&1 </dev/null ||
		{ failed+=("$name: exit status $?"); plain_text "$work/$name.txt" | tail -n 30; }
	count=$((count + 1))
done 4<"$work/programs"
[ "$count" -gt 40 ] || fail "only $count programs"
[ ${#failed[@]} = 0 ] || fail "$(printf '%s; ' "${failed[@]}")"
echo "$count programs"
