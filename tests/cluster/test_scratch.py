"""What a process needs for a while lies in a folder that goes with it, however it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from thermocline.actors.cluster.scratch import Scratch

KILLED = """
import os, signal
from thermocline.actors.cluster.scratch import Scratch

scratch = Scratch()
(scratch.path / "file").write_text("rest")
print(scratch.path, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def test_the_folder_goes_with_its_lake(tmp_path: Path) -> None:
    scratch = Scratch()
    (scratch.path / "file").write_text("x")
    scratch.close()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_process_that_was_killed_goes_with_the_next_one(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, check=False)
    left = Path(done.stdout.strip())
    assert (left / "file").read_text() == "rest"
    living, other = Scratch(), Scratch()
    assert sorted(tmp_path.iterdir()) == sorted([living.path, other.path])
    living.close()
    other.close()
