"""Trials of a lake in one process: the process is killed or frozen, its disk is lost, and it comes back.

round: child appends --> fault --> next round on the same lake ... --> reopened here --> checked
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ..entry import connect
from .check import problems
from .history import Attempt, decode
from .trial import Trial
from .workload import Load, look

FAULTS = ("killed", "killed twice", "frozen and killed", "disk lost, replicated")
START_S = 20.0
"""How long a child may take until its first acknowledgement."""


def trial(seed: int) -> Trial:
    """One trial; everything but the instants follows from the seed."""
    rng = random.Random(seed)
    fault = rng.choice(FAULTS)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="thermocline-torture-") as folder:
        history, found = _played(Path(folder), fault, rng)
    told = sum(attempt.told == "yes" for attempt in history)
    return Trial(seed, fault, told, time.monotonic() - began, tuple(found))


def _played(folder: Path, fault: str, rng: random.Random) -> tuple[list[Attempt], list[str]]:
    lake, told = folder / "lake", folder / "told"
    lost = fault == "disk lost, replicated"
    rounds = 1 if fault == "killed" else 2
    loads = []
    for number in range(rounds):
        database = f"round-{number}"
        loads.append(Load(database, objects=not lost))
        with connect(lake, background=False) as opened:
            opened.create_database(database, durability="replicated" if lost else "local")
        _run_and_fail(lake, told, database, fault, rng)
        if lost:
            for file in (lake / "databases").glob("*/*.sqlite*"):
                file.unlink()
    history = decode(told.read_bytes().splitlines(keepends=True)) if told.exists() else []
    told_lines: list[str] = []
    with connect(lake, background=False) as opened:
        for load in loads:
            own = [attempt for attempt in history if attempt.id.startswith(f"{load.database}/")]
            own += _on_the_way(own, load)
            held = look(opened, load, own)
            told_lines += problems(own, held)
            opened.database(load.database).verify()
    return history, told_lines


def _on_the_way(history: Sequence[Attempt], load: Load) -> list[Attempt]:
    """What each client had sent when the process died: it may be there, or not."""
    told = dict.fromkeys(range(load.clients), -1)
    for attempt in history:
        client, step = map(int, attempt.id.split("/")[1:])
        told[client] = max(told[client], step)
    ids = [f"{load.database}/{client}/{step + 1}" for client, step in told.items()]
    return [Attempt("append", id, "", "unknown") for id in ids]


def _run_and_fail(lake: Path, told: Path, database: str, fault: str, rng: random.Random) -> None:
    before = told.stat().st_size if told.exists() else 0
    objects = "0" if fault == "disk lost, replicated" else "1"
    command = [
        sys.executable,
        "-m",
        "thermocline.torture.child",
        str(lake),
        str(told),
        str(rng.random())[2:8],
    ]
    child = subprocess.Popen([*command, database, objects], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + START_S
        while (not told.exists() or told.stat().st_size == before) and time.monotonic() < deadline:
            if child.poll() is not None:
                raise RuntimeError((child.stderr.read() if child.stderr else b"").decode())
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.5))
        if fault.startswith("frozen"):
            child.send_signal(signal.SIGSTOP)
            time.sleep(rng.uniform(0, 0.3))
            if rng.random() < 0.5:
                child.send_signal(signal.SIGCONT)
                time.sleep(rng.uniform(0, 0.2))
    finally:
        child.kill()
        child.communicate()
