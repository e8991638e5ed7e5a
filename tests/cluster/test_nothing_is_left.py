"""A program with a lake on Ray prints what it prints and leaves no process, though a host died under it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.ray

PROGRAM = """
import os, signal, sys
import thermocline

class Counter(thermocline.DurableObject):
    def count(self):
        self.storage.put("n", self.storage.get("n", 0) + 1)
        return self.storage.get("n")

    def pid(self):
        return os.getpid()

with thermocline.connect(sys.argv[1], runtime="ray") as lake:
    counter = lake.object(Counter, "c")
    print(counter.count())
    lake.database("acme").append("sales", [{"n": 1}])
    os.kill(counter.pid(), signal.SIGKILL)
    print(counter.count(), lake.database("acme").sql("SELECT sum(n) FROM sales").rows())
"""


@pytest.fixture
def scratch() -> Iterator[Path]:
    """For temporary files; its name is short, as it becomes part of those of Ray's sockets."""
    with tempfile.TemporaryDirectory(prefix="tc") as name:
        yield Path(name)


def test_a_program_on_ray_prints_and_leaves_nothing_of_its_own(tmp_path: Path, scratch: Path) -> None:
    mark = f"{tmp_path.name}-{os.getpid()}"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "lake")],
        env={**os.environ, "THERMOCLINE_TEST_MARK": mark, "TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1\n2 [(1,)]\n"
    deadline = time.monotonic() + 10
    while (left := _with_mark(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
    assert [path.name for path in scratch.iterdir() if path.name.startswith("thermocline")] == []


def _with_mark(mark: str) -> list[str]:
    """The commands of processes that have the mark in their environment."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found
