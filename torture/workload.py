"""Clients that append, go on in streams and change durable objects, and keep sending until they are told.

Each client owns its streams and objects, so it knows what must come next; a retry carries the same id.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..actors.objects.base import DurableObject
from ..core.errors import Error
from ..core.protocols import Database, Lakehouse
from .check import Found
from .history import Attempt

TABLE = "events"
STREAMED = "steps"
UNNAMED = "marks"

Tell = Callable[[Attempt], None]


class Ledger(DurableObject):
    """Keeps every effect that reached it; one that came twice would be seen."""

    def start(self) -> None:
        self.storage.exec("CREATE TABLE IF NOT EXISTS effects (id TEXT NOT NULL)")

    def add(self, id: str) -> int:
        self.storage.exec("INSERT INTO effects VALUES (?)", id)
        return int(self.storage.exec("SELECT count(*) FROM effects").one()[0])

    def effects(self) -> list[str]:
        return [id for (id,) in self.storage.exec("SELECT id FROM effects ORDER BY rowid")]


@dataclass(frozen=True, slots=True)
class Load:
    """`clients` threads with `operations` each; `patience_s`: how long one operation is sent again.

    `reads`: clients also count their events and append rows whose events have no ids of theirs. Such an
    append is not sent again by the client: doing it once is the runtime's affair. `steps`: now and then a
    client has events move on to the next tier, if that can be just then.
    """

    database: str
    clients: int = 4
    operations: int = 40
    patience_s: float = 30.0
    pause_s: float = 0.0
    objects: bool = True
    reads: bool = False
    steps: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        kinds = ("append", "stream")
        return (*kinds, *(["effect"] if self.objects else []), *(["unnamed", "read"] if self.reads else []))


def run(lake: Lakehouse, load: Load, seed: int, tell: Tell, stop: threading.Event | None = None) -> None:
    """Returns when every client is done, or soon after `stop` is set. Raises what a client did not expect."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            client = _Client(lake, load, random.Random(f"{seed}/{number}"), number, tell)
            client.run(stop or threading.Event())
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(load.clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def look(lake: Lakehouse, load: Load, history: Sequence[Attempt]) -> Found:
    """What the lake holds, asked through the same doors."""
    database = lake.database(load.database)
    tables = database.tables()
    ids = _column(database, f"SELECT _id FROM {TABLE}") if TABLE in tables else []
    ids += _column(database, f"SELECT mark FROM {UNNAMED}") if UNNAMED in tables else []
    streams: dict[str, list[str]] = {}
    positions: dict[str, list[int]] = {}
    if STREAMED in tables:
        found = database.sql(f"SELECT _stream, _position, _id FROM {STREAMED} ORDER BY _stream, _position")
        for stream, position, id in found.rows():
            streams.setdefault(stream, []).append(id)
            positions.setdefault(stream, []).append(position)
    keys = {attempt.key for attempt in history if attempt.kind == "effect"}
    effects: Mapping[str, list[str]] = {key: ledger(lake, load, key).effects() for key in sorted(keys)}
    streamed = [id for in_order in streams.values() for id in in_order]
    return Found([*ids, *streamed], streams, positions, effects)


class _Client:
    def __init__(self, lake: Lakehouse, load: Load, rng: random.Random, number: int, tell: Tell) -> None:
        self._lake = lake
        self._load = load
        self._rng = rng
        self._number = number
        self._tell = tell
        self._versions: dict[str, int] = {}
        self._stubs: dict[str, Any] = {}

    def run(self, stop: threading.Event) -> None:
        for step in range(self._load.operations):
            if stop.is_set():
                return
            if self._load.steps and self._rng.random() < 0.1:
                self._move_on()
            kind = self._rng.choice(self._load.kinds)
            key = f"{kind}-{self._number}-{self._rng.randrange(3)}"
            if not self._do(kind, f"{self._load.database}/{self._number}/{step}", key, stop):
                return
            if self._load.pause_s:
                stop.wait(self._rng.random() * 2 * self._load.pause_s)

    def _move_on(self) -> None:
        database = self._lake.database(self._load.database)
        step = self._rng.choice((database.flush, database.flush, database.compact, database.archive))
        try:
            step()
        except Error as error:
            if not error.retryable:
                raise

    def _do(self, kind: str, id: str, key: str, stop: threading.Event) -> bool:
        """Whether the client knows what came of it, and so may go on."""
        deadline = time.monotonic() + self._load.patience_s
        tries = 0
        while True:
            tries += 1
            try:
                version = self._send(kind, id, key)
            except Error as error:
                again = kind != "unnamed" and time.monotonic() < deadline and not stop.is_set()
                if error.retryable and again:
                    stop.wait(0.02 + self._rng.random() * 0.05)
                    continue
                told = "unknown" if error.retryable else "no"
                self._tell(Attempt(kind, id, key, told, None, tries))
                if not error.retryable:
                    raise
                return kind == "unnamed"
            self._tell(Attempt(kind, id, key, "yes", version, tries))
            return True

    def _send(self, kind: str, id: str, key: str) -> int | None:
        database = self._lake.database(self._load.database)
        if kind == "append":
            database.append(TABLE, [{"_id": id, "client": self._number}])
            return None
        if kind == "stream":
            before = self._versions.get(key, 0)
            row = {"_id": id, "client": self._number}
            database.append(STREAMED, [row], stream=key, expected_version=before)
            self._versions[key] = before + 1
            return before + 1
        if kind == "unnamed":
            database.append(UNNAMED, [{"mark": id}])
            return None
        if kind == "read":
            if TABLE not in database.tables():
                return 0
            found = database.sql(f"SELECT count(*) FROM {TABLE} WHERE client = {self._number}")
            return int(found.rows()[0][0])
        if key not in self._stubs:
            self._stubs[key] = ledger(self._lake, self._load, key)
        return int(self._stubs[key].add.once(id)(id))


def ledger(lake: Lakehouse, load: Load, key: str) -> Any:
    return lake.object(Ledger, f"{load.database}/{key}")


def _column(database: Database, sql: str) -> list[str]:
    return [row[0] for row in database.sql(sql).rows()]
