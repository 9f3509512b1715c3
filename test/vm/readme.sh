#!/bin/bash
# The README's commands for a machine with a NIC, in their order: the packages are installed, the NIC is bound, testpmd is on iommufd, the
# packages are removed.
# machine: --install packages --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# drivers: all
# deadline: 240
. "$(dirname "$0")/lib.sh"
. /src/test/readme/lib.sh

bound_nics+=(01:00.0) # what the README binds
rm -f /var/lib/man-db/auto-update
prepare_apt

restore() {
	show_failed_block
}

# Programs that run while a block does.
beside_start() { # testpmd
	start_testpmd "$work/beside.log" -a 01:00.0 --iova-mode=va -- --forward-mode=txonly --stats-period 1
	wait_for_line "$work/beside.log" 'start packet forwarding' 90
}
beside_stop() { stop_testpmd "$work/beside.log"; }

mkdir "$work/dpdk-iommufd"
ln -s /packages/*.deb "$work/"
cd "$work/dpdk-iommufd"
run_blocks /src/README.md guest
if dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' | grep '^.i.*iommufd'; then fail "the packages are not removed"; fi
check_no_faults
