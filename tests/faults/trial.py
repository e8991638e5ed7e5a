"""One death and what comes after it: a child plays a script and dies, this process reopens its lake.

child: play ... SIGKILL  ->  (power loss)  ->  reopen, check  ->  play the rest  ->  check  ->  close, reopen
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from .checks import check
from .child import Job
from .opening import Clock, opened
from .play import Log, hours_at, read_log, resume
from .power import lose_power
from .script import Operation, script

ROOT = Path(__file__).resolve().parent.parent.parent
SINGLE_THREADED = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""Without them numpy and pyarrow start threads at import, and forking beside threads is not safe."""


class Nursery:
    """The warm process, see `nursery`. One child at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            env={**os.environ, **SINGLE_THREADED},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, job: Job, *, kill_after_s: float | None = None) -> int:
        """The child's exit status; negative: the signal that ended it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        pid = self._answer()["pid"]
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            with suppress(ProcessLookupError):  # it was done already
                os.kill(pid, signal.SIGKILL)
        return self._answer()["status"]

    def _answer(self) -> dict[str, int]:
        assert self._process.stdout is not None
        answer: dict[str, int] = json.loads(self._process.stdout.readline())
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def trial(
    nursery: Nursery,
    folder: Path,
    job: Job,
    *,
    kill_after_s: float | None = None,
    torn: int | None = None,
    again: Job | None = None,
    lose_disk: bool = False,
) -> Log:
    """Raises what the suite finds. `torn`: a seed by which some unsynced writes survive a power loss.

    `again`: where a second process dies, which takes up the work of the first. `lose_disk`: the databases'
    files die with the first process.
    """
    job = replace(job, lake=str(folder / "lake"), log=str(folder / "log"))
    if job.shadow is not None:
        job = replace(job, shadow=str(folder / "shadow"))
    status = nursery.run(job, kill_after_s=kill_after_s)
    log = read_log(Path(job.log))
    assert status in (-signal.SIGKILL, 0), f"the child failed: {log.error}"
    assert status != 0 or job.point is None, f"{job.point} was not reached {job.nth} times"
    lake = Path(job.lake)
    if job.shadow is not None:
        before = lake.rename(folder / "before")  # Iceberg's metadata knows the lake by its path
        lose_power(before, Path(job.shadow), lake, torn)
    if lose_disk:
        shutil.rmtree(lake / "databases")
    if again is not None:
        resumed = replace(job, point=again.point, nth=again.nth, shadow=None, syncs=0, resume=True)
        assert nursery.run(resumed) in (-signal.SIGKILL, 0), read_log(Path(job.log)).error
        log = read_log(Path(job.log))
    survive(lake, script(job.seed, job.rounds), log, replicated=job.replicated)
    return log


def survive(lake: Path, operations: Sequence[Operation], log: Log, *, replicated: bool = False) -> None:
    """Reopens, checks, does the rest of the script, checks again."""
    hours = hours_at(operations, log)
    with opened(lake, Clock(hours), replicated=replicated) as reopened:
        check(reopened, operations, log)
        resume(reopened, operations, log, log.take)
        check(reopened, operations, log)
    with opened(lake, Clock(hours + 10), replicated=replicated) as reopened:
        reopened.database.verify()
