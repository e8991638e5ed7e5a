"""A warm process that forks the ones to be killed: `python -m tests.faults.nursery`.

Imports cost a second, a fork a millisecond. It forks before a lake, a connection or a thread exists, so the
child starts as a fresh process would. One JSON line in: a `Job`; two out: the child's pid, its exit status.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

# Imported here so that no child has to:
import duckdb  # noqa: F401
import pyiceberg.catalog.sql
import pyiceberg.io.pyarrow  # noqa: F401

import thermocline.actors.local
import thermocline.tiers.cold.commits  # noqa: F401

from .child import Job, run


def main() -> None:
    for line in sys.stdin:
        job = Job(**json.loads(line))
        assert len(list(Path("/proc/self/task").iterdir())) == 1, "forking beside a thread is not safe"
        pid = os.fork()
        if pid == 0:
            _be(job)
        _say({"pid": pid})
        _say({"status": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])})


def _be(job: Job) -> None:
    status = 1
    try:
        quiet = os.open(job.log + ".output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        run(job)
        status = 0
    finally:
        os._exit(status)


def _say(message: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
