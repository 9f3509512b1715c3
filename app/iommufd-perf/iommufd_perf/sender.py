# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""A dpdk-testpmd that lives through many bursts of sending, and does nothing in between, so that several of them can take turns
within a second.

It polls on the processor 1, its main thread is on the processor 0, where its telemetry is answered, too. Its addresses are not
randomized: where its code and data come to lie makes a difference of several per cent from one start to the next, most of all on an
emulated processor. What it has sent is asked of its telemetry; to begin and to stop are commands of its own command line, which is on a
terminal, since it keeps what it prints to itself otherwise.

Must not know: what is compared with what.
"""
import contextlib
import fcntl
import os
import select
import struct
import subprocess
import termios
import time
import tty
import typing

from . import child
from .messages import Failed
from .telemetry import Telemetry

POLLS_ON = 1  # processor
PATIENCE = 120  # seconds for one answer
PROMPT = 'testpmd> '
ALL_PROCESSORS = range(1024)


class Burst(typing.NamedTuple):
    packets: int  # that the device says it has sent
    seconds: float  # from the command to begin until the command to stop was answered
    metered: float  # what the meter has grown by


def prepare_child():
    child.keep_addresses()
    os.sched_setaffinity(0, ALL_PROCESSORS)


def open_terminal():
    """Both ends: as raw as a pipe, and wide enough that no line is broken."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 500, 0, 0))
    return ours, theirs


class Sender:
    """`with Sender(...) as sender`: it is ready to send then, and has ended in order behind it."""

    def __init__(self, device, settings, backend, prefix):
        """settings: RTE_IOMMUFD; backend: that its line shall name; prefix: of EAL's files, its own."""
        self.device, self.settings, self.backend, self.prefix = device, settings, backend, prefix
        self.text = ''  # what it has printed since the last command
        self.process = self.terminal = self.telemetry = None

    def __enter__(self):
        child.remove_files(self.prefix)
        self.start()
        try:
            self.await_prompt()
            if not child.names_backend(self.text, self.backend):
                raise Failed(f'no line of testpmd names the backend {self.backend}:\n{self.text}\n---')
            self.telemetry = Telemetry(self.prefix)
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *problem):
        try:
            self.quit()
        finally:
            self.kill()
        if self.process.returncode != 0 and problem[0] is None:
            raise Failed(f'testpmd, RTE_IOMMUFD={self.settings}, did not end in order')

    def start(self):
        words = ('dpdk-testpmd', '-a', self.device, '--iova-mode=va', f'--file-prefix={self.prefix}', '-l', '0,1',
                 '--', '--interactive', '--forward-mode=txonly', '--total-num-mbufs=16384')
        self.terminal, theirs = open_terminal()
        try:
            self.process = child.begin(words, self.settings, prepare_child, stdin=theirs, stdout=theirs, stderr=theirs)
        except Failed:
            os.close(self.terminal)
            raise
        finally:
            os.close(theirs)

    def quit(self):
        """Whatever state it is in."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self.command('quit')
            while self.read():
                pass
            self.process.wait(PATIENCE)

    def kill(self):
        """Without effect on the process when it has ended."""
        if self.telemetry:
            self.telemetry.close()
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)
        child.remove_files(self.prefix)

    # --- its command line ---

    def command(self, words):
        self.text = ''
        os.write(self.terminal, f'{words}\n'.encode())

    def read(self):
        """A piece of output; False when there is none any more, or none in time."""
        if not select.select([self.terminal], [], [], PATIENCE)[0]:
            return False
        try:
            part = os.read(self.terminal, 4096)
        except OSError:  # the other end is closed
            return False
        self.text += part.decode(errors='replace')
        return bool(part)

    def await_prompt(self):
        """Until it asks for the next command."""
        while PROMPT not in self.text:
            if not self.read():
                raise Failed(f'testpmd, RTE_IOMMUFD={self.settings}, does not answer:\n{self.text}\n---')

    # --- what it does ---

    def burst(self, seconds, meter=lambda: 0):
        """Sends for about so long. meter: a number, asked for before and after."""
        packets = -self.telemetry.packets_sent()
        metered = -meter()
        started = time.monotonic()
        self.command('start')
        self.await_prompt()
        time.sleep(seconds)
        self.command('stop')
        self.await_prompt()
        taken = time.monotonic() - started
        metered += meter()
        packets += self.telemetry.packets_sent()
        if packets <= 0:
            raise Failed(f'testpmd, RTE_IOMMUFD={self.settings}, has sent nothing:\n{self.text}\n---')
        return Burst(packets, taken, metered)

    def counter(self, name):
        return self.telemetry.counter(name)


@contextlib.contextmanager
def processor_left_free():
    """This process keeps off the processor on which they poll."""
    before = os.sched_getaffinity(0)
    if before - {POLLS_ON}:
        os.sched_setaffinity(0, before - {POLLS_ON})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
