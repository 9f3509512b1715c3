#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Sends IP packets with right and with wrong sums to whoever is at the other end of the wire, and checks that all come back with right
ones, otherwise unchanged. It knows nothing of DPDK, but that testpmd's csum engine drops nothing.

  sums.py INTERFACE
"""
import socket
import struct
import sys
import time

PATIENCE = 180


def total(data):
    if len(data) % 2:
        data += b"\0"
    value = sum(struct.unpack(f">{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


def sum_of(data):
    return ~total(data) & 0xFFFF


def with_sum(data, at, value):
    return data[:at] + struct.pack(">H", value) + data[at + 2:]


SUM_AT = {6: 16, 17: 6}  # in the TCP and UDP headers


def transport(protocol, number, length):
    contents = bytes((number + i) & 0xFF for i in range(length))
    if protocol == 6:
        return struct.pack(">HHIIBBHHH", 1000 + number, 2000, number, 0, 0x50, 0x18, 1000, 0, 0) + contents
    return struct.pack(">HHHH", 1000 + number, 2000, 8 + length, 0) + contents


def right_packet(version, protocol, number, length):
    """Without the Ethernet header, with all sums right."""
    data = transport(protocol, number, length)
    if version == 4:
        source, destination = bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])
        pseudo = source + destination + struct.pack(">BBH", 0, protocol, len(data))
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), number, 0, 64, protocol, 0) + source + destination
        header = with_sum(header, 10, sum_of(header))
    else:
        source, destination = b"\xfd" + bytes(14) + b"\1", b"\xfd" + bytes(14) + b"\2"
        pseudo = source + destination + struct.pack(">II", len(data), protocol)
        header = struct.pack(">IHBB", 6 << 28, len(data), protocol, 64) + source + destination
    value = sum_of(pseudo + data)
    if protocol == 17 and value == 0:
        value = 0xFFFF
    return header + with_sum(data, SUM_AT[protocol], value)


def packets():
    """Pairs: what is sent, and what must come back."""
    number = 0
    for version in (4, 6):
        at = 20 if version == 4 else 40
        for protocol in (6, 17):
            for length in (1, 18, 101, 700, 1400):
                right = right_packet(version, protocol, number, length)
                yield right, right
                number += 1
            if version == 6:
                continue
            for _ in range(2):
                right = right_packet(version, protocol, number, 200)
                yield with_sum(right, 10, struct.unpack_from(">H", right, 10)[0] ^ 0x0101), right
                number += 1
                right = right_packet(version, protocol, number, 200)
                place = at + SUM_AT[protocol]
                yield with_sum(right, place, struct.unpack_from(">H", right, place)[0] ^ 0x0101), right
                number += 1


def main():
    # Protocol 0 until bind(): a socket with a protocol gets frames of every interface before.
    connection = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    connection.bind((sys.argv[1], 3))
    own = connection.getsockname()[4]
    missing = {}
    for sent, expected in packets():
        kind = b"\x08\x00" if sent[0] >> 4 == 4 else b"\x86\xdd"
        connection.send(b"\xff" * 6 + own + kind + sent)
        missing[expected] = len(missing)
    count, wrong = len(missing), 0
    end = time.monotonic() + PATIENCE
    connection.settimeout(1)
    while missing and time.monotonic() < end:
        try:
            frame, address = connection.recvfrom(65536)
        except TimeoutError:
            continue
        if address[2] == socket.PACKET_OUTGOING or frame[12:14] not in (b"\x08\x00", b"\x86\xdd"):
            continue
        packet = frame[14:]
        length = struct.unpack_from(">H", packet, 2)[0] if packet[0] >> 4 == 4 else 40 + struct.unpack_from(">H", packet, 4)[0]
        if missing.pop(packet[:length], None) is None:
            wrong += 1
            print(f"sums: not what was expected: {packet[:64].hex()}")
    print(f"sums: {count} packets sent, {count - len(missing)} came back with right sums, {wrong} others")
    return 0 if not missing and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
