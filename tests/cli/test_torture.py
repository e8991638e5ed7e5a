"""`thermocline torture` tells what it did, and repeats a trial by its seed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

VERB = [str(Path(sys.executable).with_name("thermocline")), "torture"]


def test_the_report_names_faults_and_what_was_checked() -> None:
    done = subprocess.run([*VERB, "--trials", "1", "--seed", "2"], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["killed", "1", "trials", "all", "kept"]
    assert lines[1].startswith("1 trials in ")
    assert "  each stream keeps its order" in lines


def test_a_seed_is_the_same_fault_again() -> None:
    command = [*VERB, "--trials", "1", "--seed", "2", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["broken"] == 0
    assert [(trial["seed"], trial["fault"]) for trial in told["trials"]] == [(2, "killed")]
