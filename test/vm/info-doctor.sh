#!/bin/bash
# dpdk-iommufd-info --doctor: its commands, run as they are printed, turn a NIC without a driver, one of the kernel's, a user without
# rights and a user with a small limit into ones that forward over IOMMUFD, and nothing is left to repair. A group's: info-doctor-group.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"
need_iommufd

user=packet
restore() {
	rm -f /etc/security/limits.d/dpdk-$user.conf
	! id $user >/dev/null 2>&1 || userdel $user
	chgrp root /dev/iommu /dev/hugepages
	chmod 600 /dev/iommu
	chmod 755 /dev/hugepages
}
bound_nics+=(01:00.0)
testpmd=(dpdk-testpmd -a 01:00.0 --iova-mode=va -m 64 -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048)
endless=(--stats-period 1) # until it is stopped, for a port without frames as well

refuses() { # NAME COMMAND...: it ends without a port
	local log=$work/$1-before.log
	shift
	timeout 120 "$@" >"$log" 2>&1 </dev/null || true
	grep -q 'EAL: Detected' "$log" || { show_log "$log"; fail "it does not start at all"; }
	! grep -qE '^Port 0: [0-9A-F]{2}:' "$log" || { show_log "$log"; fail "it works before it is repaired"; }
}

forwards() { # LOG: of a testpmd that runs
	wait_for_line "$1" 'start packet forwarding' 90
	expect_backend "$1" iommufd
	echo_frames 02:00.0 50
	stop_testpmd "$1" || fail "testpmd ended with status $?"
}

start_and_forward() { # NAME COMMAND...
	local name=$1
	shift
	start_program "$work/$name.log" "$@"
	forwards "$work/$name.log"
}

echo "== no driver"
refuses unbound "${testpmd[@]}"
doctor unbound unbound 01:00.0
run_commands unbound
nothing_left 01:00.0
start_and_forward unbound "${testpmd[@]}" "${endless[@]}"

echo "== the kernel's driver"
unbind_nics 01:00.0
give_to_kernel 01:00.0 e1000e
refuses wrong-driver "${testpmd[@]}"
doctor wrong-driver wrong-driver 01:00.0
grep -q "network interface .* goes away" "$work/wrong-driver.doctor" || fail "it is not said that the interface goes away"
run_commands wrong-driver
nothing_left 01:00.0
start_and_forward wrong-driver "${testpmd[@]}" "${endless[@]}"

echo "== a user without rights"
useradd --no-create-home --shell /bin/bash $user
mkdir -p "$work/run"
chmod 777 "$work" "$work/run"
# Without a limit on locked memory.
as_user=(env XDG_RUNTIME_DIR="$work/run" prlimit --memlock=unlimited setpriv --reuid="$user" --regid="$user" --init-groups)
login=(runuser -u "$user" -- env XDG_RUNTIME_DIR="$work/run")
refuses permission "${as_user[@]}" "${testpmd[@]}"
doctor permission permission 01:00.0 --user $user
run_commands permission
nothing_left 01:00.0 --user $user
start_and_forward permission "${as_user[@]}" "${testpmd[@]}" "${endless[@]}"

echo "== a small limit on locked memory"
# The user's shell asks, and root repairs meanwhile: the limit of that shell and that of the next login.
cat >"$work/session" <<-END
	cd $work
	export XDG_RUNTIME_DIR=$work/run
	dpdk-iommufd-info --doctor 01:00.0 --json >memlock.json
	dpdk-iommufd-info --doctor 01:00.0 >memlock.doctor
	echo "session: asked"
	until [ -e repaired ]; do sleep 0.2; done
	exec ${testpmd[*]} ${endless[*]}
END
ulimit -l 8192
refuses memlock "${login[@]}" "${testpmd[@]}"
start_program "$work/memlock.log" setpriv --reuid="$user" --regid="$user" --init-groups bash "$work/session"
wait_for_line "$work/memlock.log" 'session: asked' 60
is_as_wanted "$work/memlock.json" 'doctor.found=["memlock"]' 'host.limits.memlock_kib=8192' 'user.name="packet"'
cat "$work/memlock.doctor"
sed -nE 's/^ +[0-9]+\. //p' "$work/memlock.doctor" >"$work/memlock.commands"
run_commands memlock
touch "$work/repaired"
forwards "$work/memlock.log"
info=(runuser -u "$user" -- dpdk-iommufd-info)
nothing_left 01:00.0
log=$work/login.log # runuser hands no signal on to its child
start_program "$log" "${login[@]}" "${testpmd[@]}" "${endless[@]}"
wait_for_line "$log" 'start packet forwarding' 90
echo_frames 02:00.0 50
pkill -INT -u "$user" -x dpdk-testpmd
wait_for_end "$log" 60 || fail "testpmd ended with status $?"
check_no_faults
check_nothing_pinned
