"""Processes that die while they split a shard: `python -m tests.shards.dying FOLDER POINT...`.

For each point a child is forked, before a lake or a thread exists; it works on `FOLDER/POINT/lake`, tells in
`FOLDER/POINT/told` what was acknowledged, a line for each event, and kills itself at the point.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import duckdb  # noqa: F401 - so that no child has to import it

import thermocline
import thermocline.actors.database
import thermocline.actors.local
from thermocline.core.errors import Unavailable
from thermocline.core.protocols import Database
from thermocline.tiers import crash, handover

STREAMS = 4


def split_and_die(folder: Path, point: str) -> None:
    point, _, nth = point.partition(":")
    told = os.open(folder / "told", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    lake = thermocline.connect(folder / "lake", background=False)
    database = lake.create_database("acme", shards=2, shard_by="hash")
    for stream in range(STREAMS):
        database.append("events", [{"_id": f"{stream}/0", "_stream": f"s{stream}", "n": 0}])
        os.write(told, f"{stream}/0\n".encode())
    database.flush()
    threads = [
        threading.Thread(target=_append, args=(database, n, told), daemon=True) for n in range(STREAMS)
    ]
    for thread in threads:
        thread.start()
    while (folder / "told").read_text().count("\n") < 5 * STREAMS:
        time.sleep(0.01)
    left = int(nth or 1)

    def die(reached: str) -> None:
        nonlocal left
        if reached == point:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    crash.on_reach = die
    handover.PAGE = 1
    database.split("shard-0")
    time.sleep(0.2)


def _append(database: Database, stream: int, told: int) -> None:
    n = 1
    while True:
        row = {"_id": f"{stream}/{n}", "_stream": f"s{stream}", "n": n}
        try:
            database.append("events", [row])
        except Unavailable:
            continue
        os.write(told, f"{stream}/{n}\n".encode())
        n += 1


def main(folder: Path, points: list[str]) -> None:
    for point in points:
        (folder / point).mkdir()
        pid = os.fork()
        if pid == 0:
            try:
                split_and_die(folder / point, point)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
