#!/usr/bin/env python3
"""Starts a program that has wires: pairs of datagram sockets, connected with each other, as open files.

wires.py FIRST COUNT PROGRAM ARGUMENT...: the ends of wire N are the file descriptors FIRST + 2 N and FIRST + 2 N + 1.

Connected sockets, and not two with names. To one that sends to a name, the kernel says that it can go on as long as it has
room itself, also where the other one's queue is full (net/unix/af_unix.c, unix_dgram_poll()): QEMU then tries again all
the time, under the lock that its processors need, until a NIC that is not open receives. Of a connected pair only the
sender's own room counts, and the end of waiting is an event.
"""
import os
import socket
import sys

# What is on its way in a direction: some 60 frames of 1500 bytes, as the kernel counts them (it takes twice the number).
# A NIC that is opened gets what was sent to it before, and that should not be many frames; a jumbo frame has to fit.
ROOM = 65536


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2])
    for wire in range(count):
        for place, end in enumerate(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)
            os.dup2(end.detach(), first + 2 * wire + place)  # which the program inherits
    os.execvp(sys.argv[3], sys.argv[3:])


main()
