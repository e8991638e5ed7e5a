"""The process that is killed: runs the load on a lake and tells, line by line, what was acknowledged.

python -m thermocline.torture.child LAKE TOLD SEED DATABASE OBJECTS
"""

from __future__ import annotations

import os
import sys
import threading

from ..entry import connect
from .history import Attempt, encode
from .workload import Load, run


def main() -> None:
    lake, told, seed, database, objects = sys.argv[1:6]
    file = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    turn = threading.Lock()

    def tell(attempt: Attempt) -> None:
        with turn:
            os.write(file, encode(attempt))

    load = Load(database, operations=10_000, objects=objects == "1")
    with connect(lake) as opened:
        run(opened, load, int(seed), tell)


if __name__ == "__main__":
    main()
