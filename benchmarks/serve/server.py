"""The real command as a process of its own, and the memory that it and its workers use (Linux)."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

START_SECONDS = 180.0
END_SECONDS = 60.0


class ServerProcess:
    """`spatialenv serve` on a free loopback port; ended by its process number.

    Args:
        options: Options of the command.

    Attributes:
        url: Where it answers.
        pid: Number of its process.
    """

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "spatialenv", "serve", "--port", "0", *options]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        self.pid = self._process.pid
        self.url = ""
        try:
            self.url = self._ready()
        finally:
            if not self.url:
                self.end()

    def end(self) -> int:
        """Ask it to end, wait until it has, and return its exit code; by force when it does not."""
        if self._process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            os.kill(self.pid, signal.SIGKILL)
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return self._process.returncode

    def pids(self) -> list[int]:
        """Return the numbers of the server's process and of its workers'."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        return [self.pid, *map(int, children)]

    def resident(self) -> float:
        """Return the memory in use by the server and its workers, in MiB."""
        total = 0
        for pid in self.pids():
            for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1])
        return total / 1024

    def _ready(self) -> str:
        """Return the URL that the command prints once it answers."""
        assert self._process.stdout is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            if select.select([self._process.stdout], [], [], 0.2)[0]:
                words = self._process.stdout.readline().split()
                found = [word for word in words if word.startswith("http://")]
                if found:
                    return found[0]
        raise RuntimeError("the server did not begin to answer; what it wrote above says why")
