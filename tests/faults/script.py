"""What a process does to a lake before it dies: a list of operations that follows from a seed alone.

The process that does them and the one that checks afterwards both make the list, so only acknowledgements
have to be told. Every row has a number `n` of its own; most have an id made from it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

TABLES = ("orders", "stock", "notes")
SHORT_TTL_S = 30
"""Over long before the next expire; rows with it may be there or not."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows for one table, as `append` takes them."""

    table: str
    rows: tuple[dict[str, Any], ...]
    stream: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """`kind`: append (atomic over `parts`), burst (each part by a thread of its own), create, advance (the
    clock), reopen, compute (from now on, vectors), embed, index (in another way), flush, compact, archive or
    expire (`share`: up to that part of all sequences, 1.0 for everything).
    """

    kind: str
    parts: tuple[Part, ...] = ()
    table: str = ""
    share: float = 1.0


def script(seed: int, rounds: int = 3) -> list[Operation]:
    """Appends of every kind, between steps on every table, so that every crash point is reached."""
    return _Writer(random.Random(seed)).write(rounds)


class _Writer:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._n = 0
        self._versions: dict[str, int] = {}
        self._done: list[Operation] = []

    def write(self, rounds: int) -> list[Operation]:
        self._add(Operation("create", table="orders"))
        for _ in range(rounds):
            self._appends(4)
            self._add(Operation("append", (self._part("notes", 3, ttl=SHORT_TTL_S),)))
            for table in TABLES:
                self._add(Operation("flush", table=table, share=self._rng.choice((0.5, 0.8, 1.0))))
            self._appends(2)
            self._retry()
            for table in TABLES:
                self._add(Operation("flush", table=table))
            self._add(Operation("compact", table=self._rng.choice(TABLES)))
            self._add(Operation("compact", table="orders"))
            self._add(Operation("archive", table="orders", share=0.6))
            self._add(Operation("archive", table=self._rng.choice(TABLES)))
            self._add(Operation("archive", table="notes"))
            self._add(Operation("compute", table="orders"))
            self._add(Operation("append", (self._part("orders", 3),)))
            self._add(Operation("embed", table="orders"))
            self._add(Operation("index", table="orders"))
            self._add(Operation("append", (self._part("notes", 3, ttl=SHORT_TTL_S),)))
            self._add(Operation("flush", table="notes"))
            self._add(Operation("append", (self._part("orders", 5),)))
            self._add(Operation("flush", table="orders"))
            self._add(Operation("embed", table="orders"))
            self._add(Operation("index", table="orders"))
            self._add(Operation("advance"))
            for table in TABLES:
                self._add(Operation("expire", table=table))
            self._add(Operation("reopen"))
        self._appends(3)
        return self._done

    def _appends(self, count: int) -> None:
        kinds = (self._single, self._conditional, self._many, self._burst, self._retry, self._anonymous)
        for kind in self._rng.sample(kinds, count):
            kind()

    def _single(self) -> None:
        self._add(Operation("append", (self._part(self._rng.choice(TABLES), self._rng.randint(1, 20)),)))

    def _conditional(self) -> None:
        stream = self._rng.choice(("cart-1", "cart-2"))
        rows = self._rows(self._rng.randint(1, 3))
        version = self._versions.get(stream, 0)
        self._versions[stream] = version + len(rows)
        part = Part(self._rng.choice(TABLES), rows, stream, version)
        self._add(Operation("append", (part,)))

    def _many(self) -> None:
        parts = []
        for table in ("orders", "stock"):
            rows = self._rows(3, stream="both")
            self._versions["both"] = self._versions.get("both", 0) + len(rows)
            parts.append(Part(table, rows))
        self._add(Operation("append", tuple(parts)))

    def _burst(self) -> None:
        parts = []
        for thread in range(4):
            stream = f"thread-{thread}"
            version = self._versions.get(stream, 0)
            self._versions[stream] = version + 2
            parts.append(Part("stock", self._rows(2), stream, version))
        self._add(Operation("burst", tuple(parts)))

    def _retry(self) -> None:
        """Of anything with ids, however old; with the expected version of then."""
        conditional = [op for op in self._done if op.kind == "append" and op.parts[0].stream]
        if conditional:
            self._add(self._rng.choice(conditional))
        old = [op for op in self._done if op.kind == "append" and all("_id" in r for r in _rows_of(op))]
        if old:
            self._add(self._rng.choice(old))

    def _anonymous(self) -> None:
        """Rows without ids, in a new column now and then."""
        rows = self._rows(self._rng.randint(1, 5), ids=False)
        if self._rng.random() < 0.5:
            rows = tuple({**row, "extra": float(row["n"])} for row in rows)
        self._add(Operation("append", (Part("stock", rows),)))

    def _part(self, table: str, rows: int, *, ttl: int | None = None) -> Part:
        return Part(table, self._rows(rows, ttl=ttl))

    def _rows(
        self, count: int, *, stream: str | None = None, ttl: int | None = None, ids: bool = True
    ) -> tuple[dict[str, Any], ...]:
        rows = []
        for _ in range(count):
            self._n += 1
            row: dict[str, Any] = {
                "n": self._n,
                "sku": self._rng.choice("abcdef"),
                "text": f"event {self._n}",
            }
            if ids:
                row["_id"] = f"e{self._n}"
            if stream:
                row["_stream"] = stream
            if ttl:
                row["_ttl_seconds"] = ttl
            rows.append(row)
        return tuple(rows)

    def _add(self, operation: Operation) -> None:
        self._done.append(operation)


def _rows_of(operation: Operation) -> list[dict[str, Any]]:
    return [row for part in operation.parts for row in part.rows]
