#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""testpmd's life again and again, each time with another call of our libraries failing: programs/fault_points.h is what makes it fail.

  fault_testpmd.py PROGRAMS DEVICE STEP START CALLS [kernel]   every STEP-th of the first CALLS calls at each place, from number START % STEP on;
                                                               kernel: the calls are made, and in a life for each of them one of the
                                                               kernel's allocations in the call fails

A life starts, sends, gives its NIC back, takes it again, sends and ends; in a second kind a secondary process comes in between, so that testpmd
answers its requests. A step may fail, with one line of ours, and does what it should when it is tried once more. EAL cannot be told that new
memory of its own is out of the NIC's reach: where a line has said so, nothing is sent, and DMA is refused, until the NIC was taken again.
No life has another line of ours, is ended by a signal, hangs, or leaves something pinned or open. PROGRAMS is the folder of the tests'
programs. Knows nothing of our libraries but how their lines begin.
"""
import collections
import glob
import itertools
import mmap
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import time

# struct fault_points
PLACES_MAX = 4096
HEADER = struct.Struct("@IIII")
PLACE = struct.Struct("@QI24sI6Q6s?x")
FILE = "/dev/shm/fault-points"

# Where its output says `good` as many times as it says it in a life that nothing fails in, a step has succeeded. None: a secondary process.
Step = collections.namedtuple("Step", "doing commands good")
START = Step("start", [], r"testpmd> ")
SEND = Step("send", ["set fwd io", "start tx_first", "stop"], r"TX-packets: [1-9]")
LEND = Step("lend", None, r"maps: sent")
DETACH = Step("detach", ["port stop 0", "port close 0", "device detach 0000:{device}"], r"Device .*is detached")
ATTACH = Step("attach", ["port attach 0000:{device}", "port start 0"], r"Port 0 is attached")
END = Step("end", ["quit"], r"Bye\.\.\.")
ALONE = [START, SEND, DETACH, ATTACH, SEND, END]
WITH_SECONDARY = [START, LEND, END]
NAMES = ["start", "send", "lend", "detach", "attach", "end"]

HANGS = 180  # seconds
SIGN = "IOMMUFD: "
# What the kernel does without when it opens a device, registers that it cannot reserve or map, DPDK's code comes to later, and has a line of its own.
DPDK_SAYS = re.compile(r"PCI_BUS: .* mapping BAR\d failed: ")
REFUSED_DMA = re.compile(rb"DMAR:.*[Ff]ault|DRHD: handling fault|arm-smmu-v3 \S+ event")
OWN_CODE = "DPDK's own VFIO code is used"  # which has other files open
PROMPT = b"testpmd> "
# Of another thread of testpmd's: it can come in the middle of a prompt.
EVENT = re.compile(rb"\r?\nPort \d+: [^\r\n]* event\r?\n")

# What DPDK itself does not survive: names of the functions of ours that were called from there, with the reason.
DPDK_OWN = {}


class Places:
    """What the library writes down."""

    def __init__(self):
        with open(FILE, "wb+") as file:
            file.truncate(HEADER.size + PLACES_MAX * PLACE.size)
            self.memory = mmap.mmap(file.fileno(), 0)

    def count(self):
        return HEADER.unpack_from(self.memory)[0]

    def hits(self):
        return HEADER.unpack_from(self.memory)[2]

    def begin(self, doing):
        struct.pack_into("@I", self.memory, 12, doing)

    def forget_hits(self):
        struct.pack_into("@II", self.memory, 4, 0, 0)

    def place(self, number):
        fields = PLACE.unpack_from(self.memory, HEADER.size + number * PLACE.size)
        return {"id": fields[0], "doing": NAMES[fields[1]], "call": fields[2].rstrip(b"\0").decode(), "calls": fields[3],
                "at": [(chr(letter), at) for letter, at in zip(fields[10], fields[4:10]) if letter], "is_system_call": fields[11]}

    def forget_calls(self):
        for number in range(self.count()):
            struct.pack_into("@I", self.memory, HEADER.size + number * PLACE.size + 36, 0)


class KernelLog:
    """What has come since it was asked last; /dev/kmsg gives a record at a time."""

    def __init__(self):
        self.file = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.file, 0, os.SEEK_END)

    def has_refused_dma(self):
        found = False
        while True:
            try:
                found |= REFUSED_DMA.search(os.read(self.file, 8192)) is not None
            except BrokenPipeError:  # records were lost
                pass
            except BlockingIOError:  # there are no more
                return found

    def close(self):
        os.close(self.file)


class Ended(Exception):
    """The program has, or it hangs."""


class Testpmd:
    """One that runs, on a terminal so that what it prints comes at once."""

    def __init__(self, programs, device, place, nth, allocation):
        environment = dict(os.environ, LD_PRELOAD=f"{programs}/libfault_points.so", FAULT_POINTS=FILE, FAULT_POINT=f"{place:x}",
                           FAULT_CALL=str(nth), FAULT_ALLOCATION=str(allocation))
        self.terminal, end = pty.openpty()
        self.output = b""
        self.program = subprocess.Popen(["dpdk-testpmd", "-a", device, "--iova-mode=va", "--no-telemetry", "--log-level=*iommufd*:error", "--",
                                         "-i", "--no-mlockall", "--total-num-mbufs=2048"],
                                        env=environment, stdin=subprocess.PIPE, stdout=end, stderr=end)
        os.close(end)

    def read_until_prompt(self):
        """What it has printed up to its next prompt."""
        began = len(self.output)
        until = time.monotonic() + HANGS
        while PROMPT not in EVENT.sub(b"", self.output[began:]):
            if not select.select([self.terminal], [], [], max(0, until - time.monotonic()))[0]:
                self.program.kill()
                raise Ended("it hangs")
            try:
                self.output += os.read(self.terminal, 65536)
            except OSError:  # the terminal's other end is closed
                raise Ended("it has ended") from None
        return self.output[began:]

    def command(self, text):
        try:
            self.program.stdin.write(text.encode() + b"\n")
            self.program.stdin.flush()
        except BrokenPipeError:
            raise Ended("it has ended") from None
        return self.read_until_prompt()

    def files(self):
        """Of VFIO and IOMMUFD, that are open."""
        count = 0
        for link in glob.glob(f"/proc/{self.program.pid}/fd/*"):
            try:
                target = os.readlink(link)
            except OSError:
                continue
            count += "vfio" in target or "iommu" in target
        return count

    def wait(self):
        self.program.stdin.close()
        try:
            while True:
                self.output += os.read(self.terminal, 65536)
        except OSError:
            pass
        os.close(self.terminal)
        return self.program.wait(HANGS)


class Life:
    """What has come of one. `whole`: one that nothing fails in, or None where this is the one."""

    def __init__(self, sweep, steps, whole, place=0, nth=1, allocation=0):
        self.sweep, self.whole, self.allocation = sweep, whole, allocation
        self.wrong = None
        self.kernel_log = KernelLog()
        self.dma_refused_before = False  # DMA, before the NIC was taken again
        self.files = {}
        self.refused = 0
        self.of_secondaries = ""
        sweep.places.forget_hits()
        sweep.places.begin(0)
        self.testpmd = Testpmd(sweep.programs, sweep.device, place, nth, allocation)
        try:
            for step in steps:
                self.do(step)
        except Ended as why:
            if str(why) == "it hangs":
                self.wrong = "it hangs"
        self.status = self.testpmd.wait()
        self.output = self.testpmd.output.decode(errors="replace")
        self.check()

    def do(self, step):
        self.sweep.places.begin(NAMES.index(step.doing))
        if not self.succeeds(step):
            self.refused += 1
            if self.whole is None or self.sweep.places.hits() == 0:
                self.wrong = self.wrong or f"{step.doing} fails though nothing was made to fail"
            elif step is START:
                self.do(ATTACH)  # it has started without the NIC
            elif not self.succeeds(step) and step is not DETACH:  # what could not be detached in order can be gone as well: it is attached now
                if step is not SEND or self.is_taken_again() or lines_of_ours(self.testpmd.output.decode(errors="replace")) == 0:
                    self.wrong = self.wrong or f"{step.doing} fails a second time"
        if step is ATTACH:
            self.dma_refused_before |= self.kernel_log.has_refused_dma()
        self.files[step.doing] = self.testpmd.files()

    def is_taken_again(self):
        return ATTACH.doing in self.files

    def succeeds(self, step):
        if step.commands is None:
            said = self.run_secondary()
        elif not step.commands:
            said = self.testpmd.read_until_prompt().decode(errors="replace")
            return re.search(step.good, said) is not None and "No probed ethernet devices" not in said
        else:
            said = ""
            for command in step.commands:
                try:
                    said += self.testpmd.command(command.format(device=self.sweep.device)).decode(errors="replace")
                except Ended as why:
                    if step is not END or str(why) == "it hangs":
                        raise
                    said = self.testpmd.output.decode(errors="replace")
        return re.search(step.good, said) is not None

    def run_secondary(self):
        """It maps memory, sends out of it, is asked to end, and says what it could do."""
        with open(self.sweep.frame, "wb") as file:
            file.write(b"frame" * 20)
        with subprocess.Popen([f"{self.sweep.programs}/secondary_maps", "--proc-type=secondary", "-a", self.sweep.device, "--iova-mode=va",
                               "--no-telemetry", "--log-level=*iommufd*:error", "--", "send", self.sweep.frame],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as secondary:
            said = b""
            until = time.monotonic() + HANGS
            while b"maps: sent" not in said:
                if not select.select([secondary.stdout], [], [], max(0, until - time.monotonic()))[0]:
                    self.wrong = "a secondary process hangs"
                    break
                more = os.read(secondary.stdout.fileno(), 65536)
                if not more:
                    break
                said += more
            secondary.send_signal(signal.SIGTERM if self.wrong is None else signal.SIGKILL)
            said += secondary.stdout.read()
            if secondary.wait(HANGS) < 0:
                self.wrong = self.wrong or f"signal {-secondary.returncode} ends a secondary process"
        text = said.decode(errors="replace")
        self.of_secondaries += text
        if lines_of_ours(text) > 1:
            self.wrong = self.wrong or "several lines of ours in a secondary process"
        return text

    def check(self):
        lines = lines_of_ours(self.output)
        told = lines + lines_of_ours(self.of_secondaries)
        refused_last = self.kernel_log.has_refused_dma()
        self.kernel_log.close()
        if self.status not in (0, 1) and self.wrong != "it hangs":
            self.wrong = f"it ends with status {self.status}"
        elif self.wrong:
            pass
        elif self.status == 1 and self.whole is None:
            self.wrong = "it ends with an error"
        elif pinned_pages() != self.sweep.pinned:
            self.wrong = f"{pinned_pages() - self.sweep.pinned} pages stay pinned"
        elif references() != self.sweep.references:
            self.wrong = f"the kernel has kept something: {references()} and not {self.sweep.references}"
        elif lines > 1:
            self.wrong = f"{lines} lines of ours"
        elif (refused_last and self.is_taken_again()) or ((refused_last or self.dma_refused_before) and lines == 0):
            self.wrong = "DMA was refused"
        elif (self.refused or self.status) and told == 0 and not (self.allocation and DPDK_SAYS.search(self.output)):
            self.wrong = "no line says what has failed"
        elif self.whole and OWN_CODE not in self.output and any(self.files[step] > self.whole.files[step] for step in self.files):
            self.wrong = f"files stay open: {self.files} and not {self.whole.files}"


def lines_of_ours(text):
    return sum(SIGN in line for line in text.splitlines())


def pinned_pages():
    with open("/proc/sys/vm/stat_refresh", "w", encoding="ascii") as file:
        file.write("1")
    with open("/proc/vmstat", encoding="ascii") as file:
        values = dict(line.split() for line in file)
    return int(values["nr_foll_pin_acquired"]) - int(values["nr_foll_pin_released"])


def references():
    """Of the kernel's modules: an open file, a device or a container that is left over holds one."""
    found = {}
    for module in ("iommufd", "vfio", "vfio_pci", "vfio_pci_core", "vfio_iommu_type1"):
        try:
            with open(f"/sys/module/{module}/refcnt", encoding="ascii") as file:
                found[module] = int(file.read())
        except OSError:
            pass
    return found


class Sweep:
    def __init__(self, programs, device, of_kernel):
        self.programs, self.device, self.of_kernel = programs, device, of_kernel
        self.frame = os.path.join(os.environ.get("LAB_SCRIPT_DIR", "/tmp"), "frame")
        self.places = Places()
        self.pinned, self.references = pinned_pages(), references()
        self.counts = collections.Counter()

    def plain(self, steps, whole=None):
        life = Life(self, steps, whole)
        if life.wrong or life.refused:
            sys.exit(f"fault_testpmd: FAILED: a life without a failure: {life.wrong}\n{life.output}{life.of_secondaries}")
        return life

    def find(self, steps, is_whole):
        """The numbers of the places of this kind of life; all of them are known when a life finds no new one."""
        first = self.places.count()
        while True:
            before = self.places.count()
            self.places.forget_calls()
            life = self.plain(steps)
            if self.places.count() == before or not is_whole:
                return range(first, self.places.count()), life

    def names(self, place):
        """Its functions, the innermost first."""
        found = []
        for letter, at in place["at"]:
            paths = glob.glob(f"/usr/lib/*/librte_{letter}*iommufd*.so.0")
            done = subprocess.run(["addr2line", "-f", "-e", paths[0], f"{at - 1:#x}"], capture_output=True, text=True, check=False) if paths else None
            found.append(done.stdout.split("\n")[0] if done and done.stdout else f"{letter}+{at:#x}")
        return found

    def attempt(self, steps, whole, place, nth):
        reason = next((DPDK_OWN[name] for name in (self.names(place) if DPDK_OWN else []) if name in DPDK_OWN), None)
        if reason:
            self.counts["left out"] += 1
            return
        if not self.of_kernel:
            self.attempt_once(steps, whole, place, nth, 0)
            return
        for allocation in itertools.count(1):  # until none is left to fail
            if not self.attempt_once(steps, whole, place, nth, allocation):
                return

    def attempt_once(self, steps, whole, place, nth, allocation):
        """Whether something was made to fail."""
        life = Life(self, steps, whole, place["id"], nth, allocation)
        hit = self.places.hits() != 0
        self.counts["missed" if not hit else "refused" if SIGN in life.output + life.of_secondaries else "went on"] += 1
        if life.wrong:
            self.counts["wrong"] += 1
            where = f"call {nth} of {place['call']} while it does {place['doing']}, at {' '.join(self.names(place))}"
            if allocation:
                where = f"allocation {allocation} of the kernel's in {where}"
            print(f"fault_testpmd: FAILED: {life.wrong}; {where}\n{life.output}{life.of_secondaries}", flush=True)
        return hit

    def run(self, step, start, calls):
        tries = []
        for steps in (ALONE, WITH_SECONDARY):
            numbers, whole = self.find(steps, step == 1)
            places = [place for place in map(self.places.place, numbers) if place["is_system_call"] or not self.of_kernel]
            calls_of = collections.Counter(place["call"] for place in places)
            print(f"fault_testpmd: {len(places)} places {'alone' if steps is ALONE else 'more with a secondary process'}: "
                  f"{', '.join(f'{count} {call}' for call, count in calls_of.most_common())}", flush=True)
            tries += [(steps, whole, place, nth) for place in places for nth in range(1, min(max(place["calls"], 1), calls) + 1)]
        for arguments in tries[start % step::step]:
            self.attempt(*arguments)
        self.plain(ALONE)
        os.unlink(FILE)
        counts = self.counts
        print(f"fault_testpmd: {len(tries)} calls; {sum(counts.values()) - counts['wrong']} lives: {counts['refused']} ended in a line, "
              f"{counts['went on']} in success, {counts['missed']} were not reached, {counts['left out']} left out; {counts['wrong']} wrong")
        return 1 if counts["wrong"] else 0


def main():
    programs, device = sys.argv[1:3]
    step, start, calls = map(int, sys.argv[3:6])
    return Sweep(programs, device, sys.argv[6:] == ["kernel"]).run(step, start, calls)


if __name__ == "__main__":
    sys.exit(main())
