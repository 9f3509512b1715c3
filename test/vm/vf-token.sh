#!/bin/bash
# --vfio-vf-token is for the whole process; a NIC that has nothing to do with VFs works with it as without, on each backend.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
token=14d63f20-8445-11ea-8900-1f9ce7d5650d
for backend in iommufd type1 stock; do
	RTE_IOMMUFD=backend=$backend forward_in_mode "$backend(v2)?" "$backend" --vfio-vf-token=$token
done
check_no_faults
