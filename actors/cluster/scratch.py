"""A folder of a process's own for what needs no keeping.

It ends with its lake; a process that was killed leaves its folder to whoever sweeps next.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ...core.placement import Misplaced
from .unit_lock import UnitLock

_PREFIX = "thermocline-scratch-"
_LOCK = "lock"


class Scratch:
    """`path`: the folder, this process's until `close` or its death."""

    def __init__(self) -> None:
        sweep()
        made = Path(tempfile.mkdtemp(prefix="thermocline-"))
        self._lock = UnitLock(made / _LOCK)
        # Only a folder whose lock is held bears the name by which others look for it.
        self.path = made.rename(made.with_name(_PREFIX + made.name.removeprefix("thermocline-")))

    def close(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release()


def sweep() -> None:
    """Removes the folders whose processes are gone."""
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            held = UnitLock(lock)
        except (Misplaced, OSError):
            continue  # its process lives, or another one sweeps
        shutil.rmtree(lock.parent, ignore_errors=True)
        held.release()
