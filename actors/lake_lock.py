"""One writing process per lake: an advisory lock that the system drops when its process dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ..core.errors import Unavailable


class LakeLock:
    """Held from construction to `release`. Raises `Unavailable` if another process has it."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(self._file, 20, 0).decode() or "unknown"
            os.close(self._file)
            raise Unavailable(
                f"{folder} is open for writing in another process ({owner})",
                hint="close it there, or read beside it with read_only=True",
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        os.close(self._file)
