# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""One life of dpdk-testpmd that sends: from its start to its first packet on the wire.

Must not know: what is compared with what.
"""
import dataclasses
import os
import select
import signal
import subprocess
import time

from . import child
from .messages import Failed, say

PREFIX = 'iommufd-perf'  # of EAL's files
PATIENCE = 240  # seconds for all of it


@dataclasses.dataclass(frozen=True)
class Testpmd:
    device: str
    settings: str  # RTE_IOMMUFD
    backend: str  # that its line shall name
    eal: tuple  # more EAL arguments
    trace: str = None  # strace writes here; None: no strace

    def words(self):
        strace = ('strace', '-ff', '--seccomp-bpf', '-T', '-e', 'trace=mmap,ioctl', '-o', self.trace) if self.trace else ()
        return (*strace, 'dpdk-testpmd', '-a', self.device, '--iova-mode=va', f'--file-prefix={PREFIX}', *self.eal,
                '--', '--forward-mode=txonly', '--stats-period=1', '--total-num-mbufs=16384')


class Life:
    """The process of it, or that of strace: it leads a process group."""

    def __init__(self, testpmd, wire):
        self.wire = wire
        self.text = ''  # all that it has printed
        self.first_packet = None  # seconds from the start
        self.started = time.monotonic()
        self.process = child.begin(testpmd.words(), testpmd.settings,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def live(self):
        """Until it has ended: it is interrupted when its first packet has come."""
        poll = select.poll()
        output = self.process.stdout.fileno()
        poll.register(output, select.POLLIN)
        poll.register(self.wire, select.POLLIN)
        while time.monotonic() - self.started < PATIENCE:
            ready = [descriptor for descriptor, _ in poll.poll(1000)]
            # First of all: it is its time that counts.
            if self.wire.fileno() in ready and self.packet_came():
                poll.unregister(self.wire)
            if output in ready and not self.read(output):
                return
        raise Failed(f'testpmd was given up after {PATIENCE} s')

    def packet_came(self):
        if not self.wire.received():
            return False
        self.first_packet = time.monotonic() - self.started
        self.wire.down()
        os.killpg(self.process.pid, signal.SIGINT)
        return True

    def read(self, output):
        """False: it prints nothing any more."""
        part = os.read(output, 4096)
        self.text += part.decode(errors='replace')
        return bool(part)

    def end(self):
        """After it has printed all: waits for its end, and otherwise makes one."""
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pass
        self.kill()
        if self.process.returncode != 0 or self.first_packet is None:
            raise Failed(f'testpmd ended with status {self.process.returncode} before all was measured')

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process.stdout.close()


def live_once(testpmd, wire):
    life = Life(testpmd, wire)
    try:
        life.live()
        life.end()
        if not child.names_backend(life.text, testpmd.backend):
            raise Failed(f'no line of testpmd names the backend {testpmd.backend}')
    except Failed as problem:
        raise Failed(f'{problem}\n--- testpmd, RTE_IOMMUFD={testpmd.settings}:\n{life.text}\n---') from problem
    finally:
        life.kill()
    return life.first_packet


def run(testpmd, wire):
    """Seconds to its first packet. What it has printed is shown where it fails."""
    child.remove_files(PREFIX)
    wire.up()
    try:
        first_packet = live_once(testpmd, wire)
    finally:
        child.remove_files(PREFIX)
    # A suite has many lives, and some take half a minute.
    say(f'testpmd, RTE_IOMMUFD={testpmd.settings}{", traced" if testpmd.trace else ""}: first packet after {first_packet:.2f} s')
    return first_packet
