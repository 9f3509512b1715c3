# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The other end of the wire: an interface of the kernel that tells when a packet comes in.

Must not know: who sends, or why it is asked.
"""
import fcntl
import select
import socket
import struct

from .messages import Failed

QUIET = 300  # milliseconds without a packet
MOST_PACKETS = 100000

# The kernel's, which Python does not name.
ETH_P_ALL = 0x0003
SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_PROMISC = 1
PACKET_MREQ = struct.Struct('iHH8s')
SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
IFREQ = struct.Struct('16sh22x')


class Wire:
    """A packet socket that takes all that comes in."""

    def __init__(self, interface):
        self.interface = interface
        try:
            index = socket.if_nametoindex(interface)
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        except OSError as problem:
            raise Failed(f'{interface}: packet socket: {problem.strerror}') from problem
        try:
            self.socket.bind((interface, ETH_P_ALL))
            # testpmd addresses nobody in particular.
            self.socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MREQ.pack(index, PACKET_MR_PROMISC, 0, b''))
        except OSError as problem:
            self.socket.close()
            raise Failed(f'{interface}: packet socket: {problem.strerror}') from problem

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        self.socket.close()

    def received(self):
        """Takes one packet, or what is only an error, such as ENETDOWN; whether a packet came in from outside."""
        try:
            return self.socket.recvfrom(16)[1][2] != socket.PACKET_OUTGOING
        except OSError:
            return False

    def set_up(self, up):
        try:
            name, flags = IFREQ.unpack(fcntl.ioctl(self, SIOCGIFFLAGS, IFREQ.pack(self.interface.encode(), 0)))
            fcntl.ioctl(self, SIOCSIFFLAGS, IFREQ.pack(name, flags | IFF_UP if up else flags & ~IFF_UP))
        except OSError as problem:
            raise Failed(f'{self.interface}: cannot be set {"up" if up else "down"}: {problem.strerror}') from problem

    def up(self):
        """Up, and then quiet: what was still on its way has been taken."""
        self.set_up(True)
        poll = select.poll()
        poll.register(self, select.POLLIN)
        for _ in range(MOST_PACKETS):
            if not poll.poll(QUIET):
                return
            self.received()
        raise Failed(f'{self.interface}: somebody is sending all the time')

    def down(self):
        """What comes in costs nothing more."""
        self.set_up(False)
