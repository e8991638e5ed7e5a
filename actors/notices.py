"""Tells things later, in a thread of its own, and each at most once in a while: an append costs a look-up.

note(key) --> known already? nothing more : told once its gap since the last time is over
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable

from ..core.errors import Error

_log = logging.getLogger("thermocline.background")


class Notices:
    """One for a lake; the thread starts with the first note and ends with `close`."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._pending: dict[Hashable, tuple[float, Callable[[], object]]] = {}
        self._told_at: dict[Hashable, float] = {}
        self._thread: threading.Thread | None = None
        self._closed = False

    def note(self, key: Hashable, gap_s: float, tell: Callable[[], object]) -> None:
        """Has `tell` called soon, and not within `gap_s` of the last time. What it raises is logged."""
        if key in self._pending:
            return
        with self._lock:
            if self._closed:
                return
            now = time.monotonic()
            self._pending[key] = (max(now, self._told_at.get(key, 0.0) + gap_s), tell)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="thermocline-notices", daemon=True)
                self._thread.start()
            self._lock.notify()

    def close(self) -> None:
        """Returns when what is being told has been; the rest is dropped."""
        with self._lock:
            self._closed = True
            self._lock.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (found := self._next()) is not None:
            key, tell = found
            try:
                tell()
            except Error as error:
                _log.warning("%s: %s (%s)", key, error.message, error.hint)

    def _next(self) -> tuple[Hashable, Callable[[], object]] | None:
        with self._lock:
            while not self._closed:
                key, (due, tell) = min(
                    self._pending.items(), key=lambda item: item[1][0], default=(None, (None, None))
                )
                if due is None or tell is None:
                    self._lock.wait()
                elif (wait := due - time.monotonic()) > 0:
                    self._lock.wait(wait)
                else:
                    # Forgotten before it is told: what happens from now on is another notice.
                    del self._pending[key]
                    self._told_at[key] = time.monotonic()
                    return key, tell
        return None
