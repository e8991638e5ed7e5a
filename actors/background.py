"""Sinks what is due while a lake is open: one thread, a pass every few seconds, in nobody's way."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from ..core.errors import Error
from ..tiers.shard import Shard
from ..tiers.steps.tick import tick

PASSES_PER_EXPIRE = 120
"""Looking for expired files lists folders, so it is done more rarely than the rest."""

_log = logging.getLogger("thermocline.background")


class Background:
    """`shards` gives those open at the moment. `problem`: what the last pass failed with, if it did."""

    def __init__(self, shards: Callable[[], Sequence[Shard]], every_s: float) -> None:
        self._shards = shards
        self._every_s = every_s
        self._stop = threading.Event()
        self.problem: Error | None = None
        self._thread = threading.Thread(target=self._run, name="thermocline-background", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Returns when the step under way is done."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        passes = 0
        while not self._stop.wait(self._every_s):
            passes += 1
            self.problem = None
            for shard in self._shards():
                try:
                    tick(shard, expire_too=passes % PASSES_PER_EXPIRE == 0)
                except Error as error:
                    # A full disk must not end the sinking for good: the next pass tries again.
                    self.problem = error
                    _log.warning("%s: %s (%s)", shard.database, error.message, error.hint)
