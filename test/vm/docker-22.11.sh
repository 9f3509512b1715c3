#!/bin/bash
# Docker's command in doc/containers.md, as it stands there, by Debian's dockerd: testpmd forwards by IOMMUFD in a container of a user without
# rights, with Docker's own filters of system calls (seccomp) and of files (AppArmor). The same with memory of its own instead of the mount.
# machine: --dpdk 22.11 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# drivers: all
# deadline: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

need_iommufd
bind_vfio 01:00.0

of_guide=$(python3 /src/test/guides/commands.py /src 'vm docker-22.11')
command_of_guide() { grep "^$1 " <<<"$of_guide" || fail "the guide has no command that begins with $1"; }
mount_pages=$(command_of_guide mount)
docker_run=$(command_of_guide 'docker run')
docker_run=${docker_run/ IMAGE / testpmd }

dockerd_log=$work/dockerd.log
images=/run/docker-images # on a tmpfs, of which Docker's overlays can be made
pages=/mnt/huge-1000
profiles=/sys/kernel/security
controllers=$(<"$cgroups/cgroup.subtree_control")

stop_others() { pkill -KILL 'containerd|pmd' || true; } # where dockerd was killed

restore() {
	umount $pages 2>/dev/null || true
	take_back_profile
	take_back_controllers
	rm -rf $images 2>/dev/null || true # in use where dockerd was killed
	chown root:root /dev/iommu && chmod 600 /dev/iommu
	! getent group dpdk >/dev/null || groupdel dpdk
}

take_back_profile() {
	[ -e $profiles/apparmor ] || return 0
	! grep -q '^docker-default ' $profiles/apparmor/profiles || echo -n docker-default >$profiles/apparmor/.remove
	umount $profiles
}

take_back_controllers() {
	local controller
	rmdir "$cgroups/docker" 2>/dev/null || return 0
	for controller in $(<"$cgroups/cgroup.subtree_control"); do
		[[ " $controllers " == *" $controller "* ]] || echo "-$controller" >"$cgroups/cgroup.subtree_control"
	done
}

# As sysusers and the udev rule do it; neither is in this root.
give_nodes_to_group() {
	groupadd --system dpdk
	chgrp dpdk /dev/iommu /dev/vfio/devices/vfio0
	chmod 660 /dev/iommu /dev/vfio/devices/vfio0
}

start_docker() {
	mount -t securityfs securityfs $profiles
	start_program "$dockerd_log" dockerd --data-root $images --bridge none --iptables=false --ip6tables=false
	wait_for_line "$dockerd_log" 'API listen on'
}

make_image() {
	local folder
	folder=$(echo "$libraries"/dpdk/pmds-*)
	python3 "$(dirname "$0")/image.py" "$(command -v dpdk-testpmd)" "$libraries/libgcc_s.so.1" "$libraries/librte_bus_pci_iommufd.so.0" \
		"$folder/librte_bus_pci_iommufd.so" "$folder"/librte_{bus_pci,mempool_ring,net_e1000}.so.*.* | docker import - testpmd
}

# A user without rights, who sees two nodes beside those that every container has. What is left in the bounding set gives such a user nothing.
check_contained() {
	local profile nodes
	[ "$(grep -cE '^(NSpid:.*	1|Uid:(	1000){4}|Cap(Inh|Prm|Eff|Amb):	0+|CapBnd:	0+800000|NoNewPrivs:	1|Seccomp:	2)$' "/proc/$pid/status")" = 9 ] ||
		fail "testpmd has other rights: $(<"/proc/$pid/status")"
	read -r profile <"/proc/$pid/attr/current"
	[ "$profile" = "docker-default (enforce)" ] || fail "testpmd's profile is $profile"
	nodes=$(cd "/proc/$pid/root/dev" && find . -regextype egrep -type c ! -regex './(full|null|zero|u?random|tty|pts/ptmx)' -printf '%P %u:%g %m\n' | sort | xargs)
	echo "its nodes: $nodes"
	[ "$nodes" = "iommu root:dpdk 660 vfio/devices/vfio0 root:dpdk 660" ] || fail "other nodes"
}

forward_in_docker() { # NAME COMMAND: testpmd's process is in $pid then
	log=$work/$1.log
	echo "== $1: $2"
	start_program "$log" bash -c "exec $2"
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" iommufd
	grep IOMMUFD: "$log"
	expect_line "$log" IOMMUFD:
	pid=$(pgrep dpdk-testpmd) || fail "there is no testpmd"
	check_contained
	echo_frames 02:00.0 100
}

# What Docker does afterwards is not waited for.
check_ended() {
	local tries
	wait_for_line "$log" 'Bye\.\.\.'
	for ((tries = 0; tries < 600; tries++)); do
		[ -e "/proc/$pid" ] || break
		pause
	done
	[ ! -e "/proc/$pid" ] || fail "testpmd has not ended"
	check_nothing_pinned
}

give_nodes_to_group
start_docker
make_image

mkdir -p $pages
bash -c "$mount_pages"
forward_in_docker mount "$docker_run"
kill -INT "${pid_of[$log]}" # as Ctrl-C
check_ended
umount $pages

forward_in_docker in-memory "$(sed 's,--mount [^ ]* ,,; s, -m 1024, --in-memory -m 64,; s,$, --total-num-mbufs=2048,' <<<"$docker_run")"
container=$(<"/proc/$pid/cgroup")
docker stop "${container##*/}"
check_ended

stop_program "$dockerd_log" || fail "dockerd ended with status $?"
! grep -F docker /proc/mounts || fail "Docker has left mounts"
check_no_faults
