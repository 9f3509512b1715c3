# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""What `strace -ff -T` wrote: how long the calls took that give memory and that map it.

Must not know: what was traced.
"""
import dataclasses
import glob

from .messages import Failed

# By name, or by number where strace is older than the call: IOMMU_IOAS_MAP, IOMMU_IOAS_COPY, IOMMU_IOAS_MAP_FILE.
MAP_CALLS = (
    'VFIO_IOMMU_MAP_DMA',
    'IOMMU_IOAS_MAP',
    'IOMMU_IOAS_COPY',
    '_IOC(_IOC_NONE, 0x3b, 0x85, 0)',
    '_IOC(_IOC_NONE, 0x3b, 0x87, 0)',
    '_IOC(_IOC_NONE, 0x3b, 0x8f, 0)',
)


@dataclasses.dataclass
class Sums:
    populate: float = 0.0  # seconds in mmap() that fills pages: clearing them
    map: float = 0.0  # seconds in the ioctls of VFIO and IOMMUFD that map
    populate_calls: int = 0
    map_calls: int = 0


def time_of(line):
    """A line ends with the time that the call took: <0.000123>."""
    try:
        return float(line.rpartition('<')[2].rstrip('>\n'))
    except ValueError:
        return 0.0


def add_line(line, sums):
    if line.startswith('mmap(') and 'MAP_POPULATE' in line:
        sums.populate += time_of(line)
        sums.populate_calls += 1
    elif line.startswith('ioctl(') and any(call in line for call in MAP_CALLS):
        sums.map += time_of(line)
        sums.map_calls += 1


def add_up(prefix):
    """The sums of the files PREFIX.*, one for each thread."""
    sums = Sums()
    for path in glob.glob(f'{glob.escape(prefix)}.*'):
        with open(path, encoding='utf-8', errors='replace') as file:
            for line in file:
                add_line(line, sums)
    if not sums.populate_calls or not sums.map_calls:
        raise Failed(f'strace saw {sums.populate_calls} calls that give memory and {sums.map_calls} that map it')
    return sums
