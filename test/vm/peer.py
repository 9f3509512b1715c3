#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The other end of the wire: a NIC that the guest's kernel drives.

Sends frames with random contents that follow from their number and checks every byte of every frame that comes back. It
knows nothing of DPDK. Ends with status 0 when each frame has come back at least once and none was changed.

  peer.py echo INTERFACE COUNT [--seed N] [--swapped ADDRESS] [--longest BYTES] [--window FRAMES]
                                        frames come back as they were, each at least once; or they go to ADDRESS and come
                                        back with their two addresses swapped; so many are on their way at once
  peer.py flow INTERFACE                a few frames go round all the time, as above; what is lost is sent again soon, and
                                        after SIGTERM until all have come back
  peer.py captured FILE INTERFACE COUNT [--seed N]   the pcap file has all that `echo` has sent, and of this kind nothing else
  peer.py expect INTERFACE FILE...      listens until SIGTERM: each file came as the contents of one frame, in any order, and of
                                        this kind nothing else
  peer.py reflect INTERFACE             each frame goes back as it came, until SIGTERM
"""
import argparse
import functools
import random
import signal
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
SHORTEST_CONTENTS = 46  # a NIC fills with zeros
WINDOW = 16
# Seconds without a frame after which what is missing is sent again: the other end may have no link yet, or may have been full. Each
# time that nothing comes back the pause is twice as long, up to the longest: a busy machine is not flooded.
SILENCE, LONGEST_SILENCE = 0.2, 2.0
PATIENCE = 180.0  # seconds without any progress after which the test has failed


@functools.lru_cache(maxsize=4096)
def contents(seed, number, longest=LONGEST):
    """The bytes of a frame, and nothing else, decide what must come back."""
    source = random.Random(f"{seed}/{number}")
    return source.randbytes(source.randint(SHORTEST - HEADER.size - TRAILER, longest - HEADER.size - TRAILER))


def open_wire(interface):
    """A packet socket of one interface. Protocol 0 until bind(): a socket with a protocol gets frames of every interface before."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    wire.bind((interface, ETHERTYPE))
    return wire


class Frames:
    """What frames have to look like."""

    def __init__(self, address, seed, far=None, longest=LONGEST):
        self.address = address
        self.longest = longest
        self.far = far  # whose frames come to this address; None: they come back with the addresses they went with
        self.seed = seed
        self.changed = 0

    def check(self, frame):
        """The number of a frame that is right, None for another."""
        number = None
        if len(frame) >= HEADER.size:
            destination, source, _, magic, number, length = HEADER.unpack_from(frame)
            data = frame[HEADER.size:HEADER.size + length]
            if self.far is None:
                from_here = source == self.address
            else:
                from_here = (destination, source) == (self.address, self.far)
            if magic == MAGIC and from_here and data == contents(self.seed, number, self.longest):
                return number
        self.changed += 1
        if self.changed <= 3:
            print(f"peer: changed frame, number {number}, {len(frame)} bytes: {frame[:64].hex()}")
        return None


class Peer(Frames):
    def __init__(self, interface, seed, far=None, longest=LONGEST):
        self.socket = open_wire(interface)
        super().__init__(self.socket.getsockname()[4], seed, far, longest)
        self.repeated = 0

    def send(self, number):
        data = contents(self.seed, number, self.longest)
        header = HEADER.pack(self.far or b"\xff" * 6, self.address, ETHERTYPE, MAGIC, number, len(data))
        try:
            self.socket.send(header + data + bytes(TRAILER))
        except TimeoutError:
            pass  # nobody has taken frames for long; this one is lost like others

    def receive(self, timeout):
        """The number of a frame that is right, None for another or none."""
        self.socket.settimeout(timeout)
        try:
            frame, address = self.socket.recvfrom(65536)
        except TimeoutError:
            return None
        if address[2] == socket.PACKET_OUTGOING:
            return None
        return self.check(frame)


def echo(arguments):
    peer = Peer(arguments.interface, arguments.seed, arguments.swapped, arguments.longest)
    missing = set()
    following = 0
    progress = time.monotonic()
    silence = arguments.silence
    while (missing or following < arguments.count) and peer.changed == 0:
        while len(missing) < arguments.window and following < arguments.count:
            peer.send(following)
            missing.add(following)
            following += 1
        number = peer.receive(silence)
        if number in missing:
            missing.discard(number)
            progress = time.monotonic()
            silence = arguments.silence
            time.sleep(arguments.pause)
        elif number is not None:
            peer.repeated += 1
        elif time.monotonic() - progress > PATIENCE:
            break
        elif time.monotonic() - progress > silence:
            silence = min(2 * silence, LONGEST_SILENCE)
            for again in sorted(missing):
                peer.send(again)
    print(f"peer: {following} frames sent, {following - len(missing)} came back right, {peer.changed} changed, "
          f"{peer.repeated} more than once, {len(missing)} missing")
    return 0 if following >= arguments.count and not missing and peer.changed == 0 else 1


def flow(arguments):
    def stop(*_):
        arguments.count = 0

    arguments.count = sys.maxsize
    signal.signal(signal.SIGTERM, stop)
    return echo(arguments)


def ethernet_address(text):
    return bytes.fromhex(text.strip().replace(":", ""))


def captured_frames(name):
    """The frames in a file of tcpdump's (pcap-savefile(5))."""
    with open(name, "rb") as file:
        data = file.read()
    order = "<" if struct.unpack_from("<I", data)[0] in (0xA1B2C3D4, 0xA1B23C4D) else ">"
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from(order + "I", data, at + 8)[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def captured(arguments):
    with open(f"/sys/class/net/{arguments.interface}/address", encoding="ascii") as file:
        frames = Frames(ethernet_address(file.read()), arguments.seed)
    of_other_kinds = 0
    missing = set(range(arguments.count))
    for frame in captured_frames(arguments.file):
        if frame[12:14] != ETHERTYPE.to_bytes(2):
            of_other_kinds += 1  # the kernel's own: neighbour discovery and the like
            continue
        missing.discard(frames.check(frame))
    print(f"peer: {arguments.file}: {arguments.count - len(missing)} frames right, {frames.changed} changed, "
          f"{len(missing)} missing, {of_other_kinds} of other kinds")
    return 0 if not missing and frames.changed == 0 else 1


def expect(arguments):
    """What follows the Ethernet header is the file's bytes, filled with zeros to the shortest frame."""
    expected = []
    for name in arguments.files:
        with open(name, "rb") as file:
            expected.append(file.read().ljust(SHORTEST_CONTENTS, b"\0"))
    wire = open_wire(arguments.interface)
    wire.settimeout(0.2)
    asked_to_end = []
    signal.signal(signal.SIGTERM, lambda *_: asked_to_end.append(True))
    print("peer: listening", flush=True)
    right = wrong = 0
    quiet = False
    while not (asked_to_end and quiet):
        try:
            frame, _ = wire.recvfrom(65536)
        except TimeoutError:
            quiet = True
            continue
        quiet = False
        if frame[14:] in expected:
            expected.remove(frame[14:])
            right += 1
        else:
            wrong += 1
            print(f"peer: not expected: {len(frame)} bytes: {frame[:80].hex()}")
    print(f"peer: {right} frames as expected, {wrong} others, {len(expected)} missing")
    return 0 if not expected and wrong == 0 else 1


def reflect(arguments):
    wire = open_wire(arguments.interface)
    print("peer: listening", flush=True)
    count = 0
    signal.signal(signal.SIGTERM, lambda *_: (print(f"peer: {count} frames reflected"), sys.exit(0)))
    while True:
        frame, address = wire.recvfrom(65536)
        if address[2] != socket.PACKET_OUTGOING:
            count += 1
            wire.send(frame)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("echo")
    command.add_argument("interface")
    command.add_argument("count", type=int)
    command.add_argument("--seed", default="1")
    command.add_argument("--swapped", metavar="ADDRESS", type=ethernet_address)
    command.add_argument("--longest", type=int, default=LONGEST)
    command.add_argument("--window", metavar="FRAMES", type=int, default=WINDOW)
    command.set_defaults(silence=SILENCE, pause=0)
    command = commands.add_parser("flow")
    command.add_argument("interface")
    command.set_defaults(seed="1", swapped=None, longest=LONGEST, window=4, silence=0.1, pause=0.003)
    command = commands.add_parser("captured")
    command.add_argument("file")
    command.add_argument("interface")
    command.add_argument("count", type=int)
    command.add_argument("--seed", default="1")
    command = commands.add_parser("expect")
    command.add_argument("interface")
    command.add_argument("files", nargs="+")
    command = commands.add_parser("reflect")
    command.add_argument("interface")
    arguments = parser.parse_args()
    return {"echo": echo, "flow": flow, "captured": captured, "expect": expect,
            "reflect": reflect}[arguments.command](arguments)


if __name__ == "__main__":
    sys.exit(main())
