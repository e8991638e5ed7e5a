"""The process that dies: plays a script on a lake, and kills itself where it is told to."""

from __future__ import annotations

import os
import signal
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from thermocline.tiers import crash
from thermocline.tiers.local_cache import LocalFiles
from thermocline.tiers.local_objects import LocalObjects

from . import variants
from .opening import Clock, opened
from .play import Log, hours_at, read_log, resume, teller
from .power import Disk
from .script import Operation, script


@dataclass(frozen=True, slots=True)
class Job:
    """`skip`: kinds of operations left out. `point`, `nth`: where to die, at which of its reaches.
    `syncs`: or after so many syncs. `shadow`: where to keep what survives a power loss. `variant`: what is
    broken on purpose. `resume`: go on where the log of another process ends. `replicated`: so is the
    database, with snapshots after every few commits."""

    seed: int
    rounds: int = 2
    skip: Sequence[str] = ()
    lake: str = ""
    log: str = ""
    point: str | None = None
    nth: int = 1
    syncs: int = 0
    shadow: str | None = None
    variant: str | None = None
    resume: bool = False
    replicated: bool = False


def run(job: Job) -> None:
    tell = teller(Path(job.log))
    try:
        reached = _die_at(job)
        disk = Disk(Path(job.shadow), die_after=job.syncs) if job.shadow else None
        path = Path(job.lake)
        store = None
        if disk is not None:
            disk.watch()
            store = LocalObjects(path / "objects", LocalFiles(disk.fsync, disk.fsync))
        if job.variant:
            variants.apply(job.variant)
        operations, log = _operations(job), read_log(Path(job.log)) if job.resume else Log()
        if job.replicated:
            variants.copy_often()
        clock = Clock(hours_at(operations, log))
        with opened(path, clock, store=store, replicated=job.replicated) as lake:
            resume(lake, operations, log, tell)
        tell({"points": dict(reached)})
    except BaseException:
        tell({"error": traceback.format_exc()})
        raise


def _operations(job: Job) -> list[Operation]:
    return [operation for operation in script(job.seed, job.rounds) if operation.kind not in job.skip]


def _die_at(job: Job) -> Counter[str]:
    reached: Counter[str] = Counter()

    def on_reach(point: str) -> None:
        reached[point] += 1
        if point == job.point and reached[point] == job.nth:
            os.kill(os.getpid(), signal.SIGKILL)

    crash.on_reach = on_reach
    return reached
