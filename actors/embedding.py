"""Keeps a shard's computed vectors near its log, in a thread that is there while there is work.

    append --> nudge --> the next hot rows --> again, until none is left --> files that lack some --> rest
                 the model fails: again in a second, two, four, ... a minute

Nobody waits for it: an event is durable and visible before its vector is.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence

from ..core.errors import Error, Fenced
from ..core.owners import Append
from ..core.protocols import Progress
from ..core.results import Moved
from ..tiers.shard import Shard
from ..tiers.steps.embed import current, embed_file, embed_hot
from ..tiers.table_state import TableState

_log = logging.getLogger("thermocline.embedding")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
PATIENCE_S = 2.0


class Embedding:
    """`background`: false if only `run` does anything."""

    def __init__(self, shard: Shard, *, background: bool) -> None:
        self._shard = shard
        self._background = background and not shard.read_only
        self._lock = threading.Lock()
        self._working = threading.Lock()
        self._thread: threading.Thread | None = None
        self._nudged = False
        self._closed = threading.Event()

    def appended(self, operations: Sequence[Append]) -> None:
        """Returns at once."""
        states = self._shard.states
        if any((s := states.get(o.table.lower())) and s.table.schema.computed for o in operations):
            self.nudge()

    def nudge(self) -> None:
        """There may be work; returns at once."""
        if not self._background or not self._tables():
            return
        with self._lock:
            self._nudged = True
            if self._thread is None and not self._closed.is_set():
                self._thread = threading.Thread(target=self._work, name="thermocline-embed", daemon=True)
                self._thread.start()

    def run(self, table: str, progress: Progress | None = None) -> Moved:
        """Computes all that is missing in a table now. Raises `Unavailable` if the model is."""
        state, moved = self._shard.state(table), Moved(watermark=self._shard.meta.seq)
        for done, part in enumerate(self._steps(state), 1):
            moved += part
            if progress is not None:
                progress(f"embed {table}", done, None)
        return moved

    def close(self) -> None:
        """Lets a batch end that is under way, but waits for no model for long: what it gives afterwards meets
        a closed shard."""
        self._closed.set()
        thread = self._thread
        if thread is not None:
            thread.join(PATIENCE_S)

    def _tables(self) -> list[TableState]:
        return [state for state in list(self._shard.states.values()) if current(state.table)]

    def _work(self) -> None:
        pause_s, told = FIRST_PAUSE_S, ""
        while not self._closed.is_set():
            with self._lock:
                self._nudged = False
            try:
                for state in self._tables():
                    for _ in self._steps(state):
                        if self._closed.is_set():
                            return
                pause_s = FIRST_PAUSE_S
            except Fenced:
                return
            except Exception as error:  # noqa: BLE001 - whatever a model does, it is asked again
                if self._closed.is_set():
                    return
                problem = f"{error.message} ({error.hint})" if isinstance(error, Error) else repr(error)
                if problem != told:
                    _log.warning("%s: vectors can't be computed: %s", self._shard.database, problem)
                told = problem
                self._closed.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                continue
            with self._lock:
                if not self._nudged:
                    self._thread = None
                    return

    def _steps(self, state: TableState) -> Iterator[Moved]:
        """Hot rows first, and again after each batch of a file."""
        with self._working:
            yield from self._hot(state)
            while True:
                steps = 0
                for moved in embed_file(self._shard, state):
                    yield moved
                    yield from self._hot(state)
                    steps += 1
                if not steps:
                    return

    def _hot(self, state: TableState) -> Iterator[Moved]:
        while rows := embed_hot(self._shard, state):
            yield Moved(rows)
