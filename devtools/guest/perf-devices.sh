# What of this guest dpdk-iommufd-perf measures with: sourced, it binds the NICs that are left to us to vfio-pci, and leaves the options
# that name them, the wire if there is one, and of each two svanics the first (the other one is the other end of its wire) in ${perf_devices[@]}.
# It must not know what is measured.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/functions.sh"

perf_devices=()
svanics=0
while read -r bdf type use; do
	if [ "$use" = kernel ]; then
		perf_devices+=(--wire "$(basename "$(find "$(pci_device "$bdf")/" -path '*/net/*' -prune | head -n 1)")")
	elif [ "$type" = svanic ]; then
		svanics=$((svanics + 1))
		[ $((svanics % 2)) = 1 ] || continue
		bind_vfio "$bdf"
		perf_devices+=(--svanic "$bdf")
	else
		bind_vfio "$bdf"
		perf_devices+=(--device "$bdf")
	fi
done </lab/.nics
# QEMU's own threads, where the lab shows them: what the guest's processor 1 really gets.
mkdir -p /run/threads
if mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=none threads /run/threads 2>/dev/null; then
	thread=$(grep -ls '^CPU 1/' /run/threads/*/comm | head -n 1)
	[ -z "$thread" ] || perf_devices+=(--cpu-time "${thread%/comm}/schedstat")
fi
