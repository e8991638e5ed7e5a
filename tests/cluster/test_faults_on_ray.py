"""A cluster under faults keeps what it promised, and without the fence or deduplication it does not.

What one schedule is, is told in `torture/cluster.py`. Each run is a process of its own: it starts several
nodes, and has to leave nothing behind.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.ray

ROOT = Path(__file__).resolve().parents[2]
SCHEDULES = 200
FAULTS = {
    "host killed",
    "host frozen",
    "died before the reply",
    "store slow",
    "store failing",
    "two claimants",
    "raylet killed",
    "raylet frozen",
    "control store down",
    "disk lost",
}


@pytest.mark.timeout(2400)
def test_no_schedule_breaks_a_promise() -> None:
    verb = Path(sys.executable).with_name("thermocline")
    told = _run(str(verb), "torture", "--runtime", "ray", "--trials", str(SCHEDULES), "--json")
    broken = [trial for trial in told["trials"] if trial["problems"]]
    assert not broken, json.dumps(broken, indent=1)
    assert len(told["trials"]) == SCHEDULES
    kinds = [fault for trial in told["trials"] for fault in trial["fault"].split(" + ")]
    assert set(kinds) == FAULTS
    assert min(kinds.count(fault) for fault in FAULTS) >= SCHEDULES // 20
    assert min(trial["acknowledged"] for trial in told["trials"]) >= 10


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("without", "schedules", "said"),
    [
        ("fence", 32, ("was written by epoch", "was acknowledged and is lost", "is there 2 times")),
        ("deduplication", 12, ("is there 2 times",)),
    ],
)
def test_a_build_without_a_part_of_the_guarantees_is_caught(
    without: str, schedules: int, said: tuple[str, ...]
) -> None:
    trials = _run(sys.executable, "-m", "tests.cluster.schedules", without, str(schedules))
    problems = [line for trial in trials for line in trial["problems"]]
    assert any(words in line for line in problems for words in said), problems


def _run(*command: str) -> Any:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode in (0, 1)
    assert _processes_of_nodes() == []
    return json.loads(done.stdout)


def _processes_of_nodes() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if "/tc-ray-" in command:
            found.append(command)
    return found
