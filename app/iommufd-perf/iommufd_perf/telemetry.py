# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""The telemetry socket of a DPDK program that runs: what its ports have counted.

Must not know: which program it is, or what is counted for.
"""
import json
import os
import socket

from .messages import Failed

PATIENCE = 120  # seconds for one answer
GREETING = 1024  # bytes, of which EAL needs some fifty


def socket_path(prefix):
    """Where EAL has it: prefix is that of its files."""
    folder = os.environ.get('RUNTIME_DIRECTORY') or ('/var/run' if os.getuid() == 0 else os.environ.get('XDG_RUNTIME_DIR', '/tmp'))
    return os.path.join(folder, 'dpdk', prefix, 'dpdk_telemetry.v2')


class Telemetry:
    def __init__(self, prefix):
        self.path = socket_path(prefix)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(self.path)
            self.longest = json.loads(self.socket.recv(GREETING))['max_output_len']
        except (OSError, ValueError, KeyError) as problem:
            self.close()
            raise Failed(f'{self.path}: no telemetry: {problem}') from problem

    def close(self):
        self.socket.close()

    def ask(self, command, parameter):
        try:
            self.socket.send(f'{command},{parameter}'.encode())
            answer = json.loads(self.socket.recv(self.longest))[command]
        except (OSError, ValueError, KeyError) as problem:
            raise Failed(f'{self.path}: {command},{parameter}: {problem}') from problem
        if not isinstance(answer, dict):
            raise Failed(f'{self.path}: {command},{parameter} is not answered')
        return answer

    def packets_sent(self, port=0):
        return self.ask('/ethdev/stats', port)['opackets']

    def counter(self, name, port=0):
        """One of the port's extended statistics."""
        counters = self.ask('/ethdev/xstats', port)
        if name not in counters:
            raise Failed(f'{self.path}: the device has no counter {name}')
        return counters[name]
