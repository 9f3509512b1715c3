#!/bin/bash
# What a container runtime does for a DPDK program, with unshare(1) alone. As root:
#
#   namespaces.sh [-u USER] [-d NODE[:PATH]]... [-f NAME=NODE]... -- PROGRAM [ARGUMENT...]
#
# The program runs as USER (nobody), without any capability, as process 1 of mount, PID, network, IPC and UTS namespaces of its own. Its
# /dev has the usual files, hugepages of its own, and the nodes of -d, which belong to the user there. What -f names is opened here and
# passed by LISTEN_FDS: then the container needs no node at all.
set -euo pipefail

user=nobody nodes=() names="" fd=3

open_for_program() { # NAME NODE: descriptors from 3 on
	eval "exec $fd<>\$2"
	names+=${names:+:}$1
	fd=$((fd + 1))
}

# The device nodes are made anew, as runtimes do, so that their owner is the container's affair.
make_node() { # NODE PATH
	mkdir -p "$(dirname "$dev$2")"
	mknod -m 600 "$dev$2" c "0x$(stat -c %t "$1")" "0x$(stat -c %T "$1")"
	chown "$user" "$dev$2"
}

make_dev() {
	local node
	dev=$(mktemp -d)
	mount -t tmpfs -o mode=0755 tmpfs "$dev"
	mkdir "$dev/dev" "$dev/dev/shm" "$dev/dev/hugepages"
	for node in null zero full random urandom; do
		make_node /dev/$node /dev/$node
		chmod 666 "$dev/dev/$node"
	done
	for node in "${nodes[@]}"; do make_node "${node%%:*}" "${node#*:}"; done
	mount -t hugetlbfs -o "uid=$user,mode=0700" hugetlbfs "$dev/dev/hugepages"
	mount --rbind "$dev/dev" /dev
}

inside() { # USER NAMES NODES -- PROGRAM...: process 1 of the namespaces
	user=$1 names=$2
	shift 2
	while [ "$1" != -- ]; do nodes+=("$1"); shift; done
	shift
	make_dev
	mount -t proc proc /proc
	mount -t sysfs -o ro sysfs /sys
	if [ "$names" ]; then
		export LISTEN_FDNAMES=$names LISTEN_PID=$$
		LISTEN_FDS=$(tr : '\n' <<<"$names" | wc -l)
		export LISTEN_FDS
	fi
	exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
}

if [ "${1:-}" = --inside ]; then
	shift
	inside "$@"
fi
while getopts u:d:f: option; do
	case $option in
	u) user=$OPTARG ;;
	d) nodes+=("${OPTARG%%:*}:${OPTARG#*:}") ;;
	f) open_for_program "${OPTARG%%=*}" "${OPTARG#*=}" ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
exec unshare --mount --pid --fork --kill-child --net --ipc --uts "$0" --inside "$user" "$names" "${nodes[@]}" -- "$@"
