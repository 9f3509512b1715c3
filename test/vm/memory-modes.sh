#!/bin/bash
# In each of EAL's ways to get memory, frames come in and go out unchanged, and nothing stays pinned after the end.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0

forward_in_mode iommufd default
forward_in_mode iommufd preallocated -m 256
forward_in_mode iommufd legacy-mem --legacy-mem -m 256
forward_in_mode iommufd single-file-segments --single-file-segments -m 256
forward_in_mode iommufd single-file-segments-dynamic --single-file-segments
forward_in_mode iommufd in-memory --in-memory
forward_in_mode iommufd huge-unlink --huge-unlink
forward_in_mode iommufd physical-addresses --iova-mode=pa -m 64
forward_in_mode iommufd no-huge --no-huge -m 256
check_no_faults
