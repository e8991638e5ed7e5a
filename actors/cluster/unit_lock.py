"""One process for each file: a lock that the system drops when its holder dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ...core.placement import Misplaced


class UnitLock:
    """Held from construction to `release`. Raises `Misplaced` while another process has it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise Misplaced(f"{path.stem} is still in the former owner's hands", hint="try again") from None

    def release(self) -> None:
        os.close(self._file)
