"""A process that a trial has stand still goes on afterwards, however late it came to that."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from thermocline.torture.nodes import frozen
from thermocline.torture.sabotage import STOP, Sabotage

POINT = "append.begun"
WALKER = """
    import os, sys, time
    from pathlib import Path
    from thermocline.tiers import crash
    from thermocline.torture.sabotage import Sabotage

    stop = os.kill
    def late(pid, sign):
        time.sleep(0.3)
        stop(pid, sign)
    os.kill = late
    Sabotage(Path(sys.argv[1]))()
    print("ready", flush=True)
    sys.stdin.readline()
    crash.reach(sys.argv[2])
    print("went on", flush=True)
"""


@contextmanager
def _walker(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Comes to the instant when it is told to, and stops a while after it has said that it is there."""
    command = [sys.executable, "-c", textwrap.dedent(WALKER), str(folder), POINT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as walker:
        try:
            assert walker.stdout is not None
            assert walker.stdout.readline() == "ready\n"
            yield walker
        finally:
            walker.kill()


def _go(walker: subprocess.Popen[str]) -> None:
    assert walker.stdin is not None
    walker.stdin.write("\n")
    walker.stdin.flush()


@pytest.mark.timeout(60)
def test_who_was_caught_and_frozen_goes_on(tmp_path: Path) -> None:
    with _walker(tmp_path) as walker:
        with Sabotage(tmp_path).armed(POINT, STOP) as caught:
            _go(walker)
            pid = caught(10.0)
            assert pid == walker.pid
            with frozen(pid):
                pass
        assert walker.communicate(timeout=10)[0] == "went on\n"


@pytest.mark.timeout(60)
def test_who_came_when_nobody_waited_any_more_goes_on(tmp_path: Path) -> None:
    with _walker(tmp_path) as walker:
        with Sabotage(tmp_path).armed(POINT, STOP):
            _go(walker)
            while (tmp_path / "armed" / POINT).exists():
                time.sleep(0.001)
        assert walker.communicate(timeout=10)[0] == "went on\n"
