#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""Sends UDP packets of as many flows, and checks that each comes back as it was. It knows nothing of DPDK.

  flows.py INTERFACE COUNT
"""
import socket
import sys
import time

from sums import right_packet

PATIENCE = 180
WINDOW = 16


def main():
    # Protocol 0 until bind(): a socket with a protocol gets frames of every interface before.
    connection = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    connection.bind((sys.argv[1], 3))
    header = b"\xff" * 6 + connection.getsockname()[4] + b"\x08\x00"
    waiting = [header + right_packet(4, 17, number, 100) for number in range(int(sys.argv[2]))]
    count, missing, changed = len(waiting), set(), 0
    end = time.monotonic() + PATIENCE
    connection.settimeout(1)
    while (waiting or missing) and time.monotonic() < end:
        while waiting and len(missing) < WINDOW:
            frame = waiting.pop()
            connection.send(frame)
            missing.add(frame)
        try:
            frame, address = connection.recvfrom(65536)
        except TimeoutError:
            continue
        if address[2] == socket.PACKET_OUTGOING or frame[6:14] != header[6:]:
            continue
        if frame in missing:
            missing.discard(frame)
        else:
            changed += 1
            print(f"flows: changed or twice: {frame[:64].hex()}")
    print(f"flows: {count} sent, {len(missing) + len(waiting)} missing, {changed} changed")
    return 0 if not missing and not waiting and not changed else 1


if __name__ == "__main__":
    sys.exit(main())
