#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The other end of the wire: a NIC that the guest's kernel drives.

Sends frames with random contents that follow from their number and checks every byte of every frame that comes back. It
knows nothing of DPDK. Ends with status 0 when each frame has come back at least once and none was changed.

  peer.py echo INTERFACE COUNT [--seed N]   frames come back as they were, each at least once
  peer.py first INTERFACE               prints CLOCK_MONOTONIC when the first frame of any kind comes in
"""
import argparse
import functools
import random
import socket
import struct
import sys
import time

ETHERTYPE = 0x88B5  # IEEE 802: local experimental
HEADER = struct.Struct("!6s6sH4sQH")  # destination, source, type, magic, number, length of the contents
MAGIC = b"iofd"
# Bytes behind the contents: a receiver may cut a frame's end short (QEMU's e1000e with em does, by four bytes).
TRAILER = 8
SHORTEST, LONGEST = 64, 1514
WINDOW = 16
SILENCE = 2.0  # seconds without a frame after which what is missing is sent again: the NIC may have been full
PATIENCE = 60.0  # seconds without any progress after which the test has failed


@functools.lru_cache(maxsize=4096)
def contents(seed, number):
    """The bytes of a frame, and nothing else, decide what must come back."""
    source = random.Random(f"{seed}/{number}")
    return source.randbytes(source.randint(SHORTEST - HEADER.size - TRAILER, LONGEST - HEADER.size - TRAILER))


class Peer:
    def __init__(self, interface, seed):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((interface, ETHERTYPE))
        self.address = self.socket.getsockname()[4]
        self.seed = seed
        self.received = 0
        self.changed = 0
        self.repeated = 0

    def send(self, number):
        data = contents(self.seed, number)
        header = HEADER.pack(b"\xff" * 6, self.address, ETHERTYPE, MAGIC, number, len(data))
        self.socket.send(header + data + bytes(TRAILER))

    def receive(self, timeout):
        """The number of a frame that is right, None for another or none."""
        self.socket.settimeout(timeout)
        try:
            frame, address = self.socket.recvfrom(65536)
        except TimeoutError:
            return None
        if address[2] == socket.PACKET_OUTGOING:
            return None
        self.received += 1
        return self.check(frame)

    def check(self, frame):
        number = None
        if len(frame) >= HEADER.size:
            _, source, _, magic, number, length = HEADER.unpack_from(frame)
            data = frame[HEADER.size:HEADER.size + length]
            if magic == MAGIC and source == self.address and data == contents(self.seed, number):
                return number
        self.changed += 1
        if self.changed <= 3:
            print(f"peer: changed frame, number {number}, {len(frame)} bytes: {frame[:64].hex()}")
        return None


def echo(arguments):
    peer = Peer(arguments.interface, arguments.seed)
    missing = set()
    following = 0
    progress = time.monotonic()
    while (missing or following < arguments.count) and peer.changed == 0:
        while len(missing) < WINDOW and following < arguments.count:
            peer.send(following)
            missing.add(following)
            following += 1
        number = peer.receive(SILENCE)
        if number in missing:
            missing.discard(number)
            progress = time.monotonic()
        elif number is not None:
            peer.repeated += 1
        elif time.monotonic() - progress > PATIENCE:
            break
        elif time.monotonic() - progress > SILENCE:
            for again in sorted(missing):
                peer.send(again)
    print(f"peer: {following} frames sent, {following - len(missing)} came back right, {peer.changed} changed, "
          f"{peer.repeated} more than once, {len(missing)} missing")
    return 0 if following == arguments.count and not missing and peer.changed == 0 else 1


def first(arguments):
    everything = 3  # ETH_P_ALL
    listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(everything))
    listener.bind((arguments.interface, everything))
    print("peer: listening", flush=True)
    while True:
        _, address = listener.recvfrom(65536)
        if address[2] != socket.PACKET_OUTGOING:
            print(f"{time.monotonic():.6f}", flush=True)
            return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("echo")
    command.add_argument("interface")
    command.add_argument("count", type=int)
    command.add_argument("--seed", default="1")
    command = commands.add_parser("first")
    command.add_argument("interface")
    arguments = parser.parse_args()
    return {"echo": echo, "first": first}[arguments.command](arguments)


if __name__ == "__main__":
    sys.exit(main())
