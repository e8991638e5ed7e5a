"""Copies of remote, immutable files for libraries that read local ones; bounded, oldest use first out."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

MINIMUM_AGE_S = 600
"""A file handed out this recently may be about to be opened, so it stays."""


class LocalCache:
    """Below `folder`, at most about `limit` bytes. Safe for several threads and processes."""

    def __init__(self, folder: Path, limit: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()

    def path(self, key: str, fetch: Callable[[], bytes]) -> Path:
        """The copy of `key`, fetched if it is not here."""
        path = self._folder / key
        with self._lock:
            if path.is_file():
                os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
                return path
            data = fetch()
            self._make_room(len(data))
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.{os.getpid()}.part")
            part.write_bytes(data)
            os.replace(part, path)
            return path

    def _make_room(self, wanted: int) -> None:
        states = [(path, path.stat()) for path in self._folder.rglob("*") if path.is_file()]
        used = sum(state.st_size for _, state in states)
        oldest_allowed = time.time() - MINIMUM_AGE_S
        for path, state in sorted(states, key=lambda pair: pair[1].st_atime):
            if used + wanted <= self._limit or state.st_atime > oldest_allowed:
                return
            path.unlink(missing_ok=True)
            used -= state.st_size
