#!/usr/bin/env python3
"""Writes an archive that Linux takes before its initramfs: a DMAR table that replaces the firmware's.

It describes the lab's machine as QEMU does (one VT-d unit for all devices and the I/O APIC), and says besides that
the firmware reserves memory for the first NIC, as servers' firmware does for management controllers and USB.
Layout: Intel VT-d specification, chapter 8. That a table of an archive replaces the firmware's:
Documentation/admin-guide/acpi/initrd_table_override.rst in Linux; its OEM revision must be the higher one.

dmar.py FROM-TO OUTPUT: the reserved memory, hexadecimal, the last byte included; what the memory map does not reserve
as well, Linux uses with a warning.
"""
import struct
import sys

VTD_REGISTERS = 0xFED90000  # Q35_HOST_BRIDGE_IOMMU_ADDR in QEMU
OEM = b"BOCHS BXPC    "     # QEMU's own, which is what is replaced
OEM_REVISION = 2            # QEMU's is 1
FIRST_NIC = [(1, 0), (0, 0)]  # 01:00.0 is behind the root port at 00:01.0: device and function on each bus
IO_APIC = (0xFF, [(0, 0)])    # Q35_PSEUDO_BUS_PLATFORM

ENDPOINT, IO_APIC_SCOPE = 1, 3
DRHD, RMRR, ATSR = 0, 1, 2
INCLUDE_PCI_ALL = ALL_PORTS = INTERRUPT_REMAPPING = 1


def scope(kind, bus, path, identifier=0):
    steps = b"".join(struct.pack("<BB", device, function) for device, function in path)
    return struct.pack("<BBHBB", kind, 6 + len(steps), 0, identifier, bus) + steps


def structure(kind, body):
    return struct.pack("<HH", kind, 4 + len(body)) + body


def dmar(first, last):
    body = struct.pack("<BB10x", 48 - 1, INTERRUPT_REMAPPING)
    body += structure(DRHD, struct.pack("<BBHQ", INCLUDE_PCI_ALL, 0, 0, VTD_REGISTERS) + scope(IO_APIC_SCOPE, *IO_APIC))
    body += structure(RMRR, struct.pack("<HHQQ", 0, 0, first, last) + scope(ENDPOINT, 0, FIRST_NIC))
    body += structure(ATSR, struct.pack("<BBH", ALL_PORTS, 0, 0))
    table = bytearray(struct.pack("<4sIBB14sI4sI", b"DMAR", 36 + len(body), 1, 0, OEM, OEM_REVISION, b"BXPC", 1) + body)
    table[9] = -sum(table) & 0xFF
    return bytes(table)


def member(name, data, mode):
    """An entry of a cpio archive in the format "newc"."""
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def archive(table):
    folders = ["kernel", "kernel/firmware", "kernel/firmware/acpi"]
    entries = [member(folder, b"", 0o40755) for folder in folders]
    entries.append(member("kernel/firmware/acpi/dmar.aml", table, 0o100644))
    entries.append(member("TRAILER!!!", b"", 0))
    return b"".join(entries)


def main():
    first, last = (int(number, 16) for number in sys.argv[1].split("-"))
    with open(sys.argv[2], "wb") as output:
        output.write(archive(dmar(first, last)))


main()
