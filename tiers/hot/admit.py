"""Decides what an append becomes, before anything is written: pure but for the look-ups it is given.

    batch -> duplicates out -> stream positions -> expected version -> sequences -> columns to store

One `Admission` serves one commit. Operations pass or fail alone: a draft is merged only when the whole
operation has passed, so a later one in the same commit sees exactly what the earlier ones will have done.
Duplicates are removed before the expected version is compared, or the retry of a success would conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pyarrow as pa

from ...core.errors import Conflict, Invalid, Resharded
from ...core.ids import Entropy, fingerprints, uuid7s
from ...core.owners import Append
from ...core.results import Appended
from ...core.schema import Schema, Table, check_given, new_schema, widen
from ...core.types import type_name
from ..intake.batch import Batch

Key = tuple[str | None, str]
"""Source and id: the idempotence key within a table."""

StoredRow = Mapping[str, Any]
"""A row in storage form, by column name."""


class Known(Protocol):
    """What the shard knows of the past; each answer holds until the commit is done."""

    def live_table(self, name: str) -> Table | None: ...

    def new_table_id(self, name: str) -> str: ...

    def head(self, stream: str) -> int: ...

    def known_prints(self, table: Table, prints: Sequence[int]) -> set[int]:
        """Those of the fingerprints that some stored row of the table has."""
        ...

    def stored_rows(self, table: Table, keys: Mapping[Key, int]) -> dict[Key, StoredRow]:
        """The stored rows of these keys (key -> fingerprint), in whatever tier they lie."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """One table's share of an operation, normalised against version `schema_version` (0: no table)."""

    append: Append
    batch: Batch
    schema_version: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """New rows of one operation for one table: those of the stored columns that are not the same for all."""

    table: Table
    rows: int
    columns: Mapping[str, Sequence[Any]]
    arrow: Mapping[str, pa.Array]
    prints: Sequence[int]
    first_seq: int


class TableCommit:
    """What one commit adds to one table: the accepted rows of several operations, gathered by column."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rows = 0
        self.first_seq = 0
        self.last_seq = 0
        self.prints: list[int] = []
        self._seqs: list[int] = []
        self._columns: dict[str, list[Any]] = {}
        self._arrow: Mapping[str, pa.Array] = {}

    def add(self, accepted: Accepted) -> None:
        # Arrow columns serve as they are only while they cover all rows.
        self._arrow = accepted.arrow if not self.rows else {}
        if not self.rows:
            self.first_seq = accepted.first_seq
        before, n = self.rows, accepted.rows
        for name, values in accepted.columns.items():
            if name not in self._columns:
                self._columns[name] = [None] * before
            self._columns[name] += values
        for name, column in self._columns.items():
            if name not in accepted.columns:
                column += [None] * n
        self._seqs += range(accepted.first_seq, accepted.first_seq + n)
        self.prints += accepted.prints
        self.rows += n
        self.last_seq = self._seqs[-1]

    def columns(self, recorded_us: int) -> dict[str, Sequence[Any]]:
        """Every column of `table.schema.logged`, in storage form."""
        given, n = self._columns, self.rows
        times = given.get("_time")
        whole: dict[str, Sequence[Any]] = {
            "_seq": self._seqs,
            "_time": [recorded_us if t is None else t for t in times] if times else [recorded_us] * n,
            "_recorded_at": [recorded_us] * n,
            "_schema_version": [self.table.schema.version] * n,
        }
        if (retention := self.table.retention_s) is not None:  # the TTL of rows that give none
            ttls = given.get("_ttl_seconds") or [None] * n
            whole["_ttl_seconds"] = [retention if ttl is None else ttl for ttl in ttls]
        nulls = [None] * n
        return {
            name: whole[name] if name in whole else given.get(name, nulls)
            for name in self.table.schema.logged.names
        }

    def tail_columns(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
        """The same for the tail: Arrow where it came as Arrow."""
        return {**columns, **{name: c for name, c in self._arrow.items() if name in columns}}

    def print_seqs(self) -> zip[tuple[int, int]]:
        return zip(self.prints, self._seqs, strict=True)

    def stored(self, wanted: Mapping[Key, int]) -> dict[Key, StoredRow]:
        """Those of the rows whose keys are asked for."""
        prints, ids = set(wanted.values()), self._columns["_id"]
        sources = self._columns.get("_source")
        return {
            key: {name: values[i] for name, values in self._columns.items()}
            for i, fingerprint in enumerate(self.prints)
            if fingerprint in prints
            for key in [(sources[i] if sources else None, ids[i])]
            if key in wanted
        }


@dataclass
class _Draft:
    """What one operation would change."""

    seq: int
    tables: dict[str, Table] = field(default_factory=dict)
    heads: dict[str, int] = field(default_factory=dict)
    accepted: list[Accepted] = field(default_factory=list)


class Admission:
    """The decisions of one commit. `recorded_us` is the instant that all its rows are recorded at.

    `closed`: the shard was split and takes no rows, only what tables look like.
    """

    def __init__(
        self,
        known: Known,
        *,
        seq: int,
        recorded_us: int,
        entropy: Entropy,
        normalise: Callable[[Append, Schema | None], Batch],
        closed: bool = False,
    ) -> None:
        self._known = known
        self._closed = closed
        self._entropy = entropy
        self._normalise = normalise
        self.recorded_us = recorded_us
        self.seq = seq
        self.tables: dict[str, Table] = {}  # by folded name
        self.heads: dict[str, int] = {}
        self._commits: dict[str, list[TableCommit]] = {}
        self._fresh: dict[str, set[int]] = {}

    def admit(self, parts: Sequence[Part]) -> dict[str, Appended]:
        """Takes a whole operation or raises its error and takes nothing."""
        draft = _Draft(self.seq)
        results = {part.append.table: self._admit(part, draft) for part in parts}
        self.seq = draft.seq
        self.tables |= draft.tables
        self.heads |= draft.heads
        for accepted in draft.accepted:
            self._gather(accepted)
        return results

    def table(self, name: str) -> Table | None:
        """The table as the operations taken so far leave it."""
        return self.tables.get(name.lower()) or self._known.live_table(name)

    @property
    def commits(self) -> list[TableCommit]:
        """What there is to write, by table and schema version."""
        return [commit for commits in self._commits.values() for commit in commits]

    def _gather(self, accepted: Accepted) -> None:
        table_id = accepted.table.id
        commits = self._commits.setdefault(table_id, [])
        if not commits or commits[-1].table.schema.version != accepted.table.schema.version:
            commits.append(TableCommit(accepted.table))
        commits[-1].add(accepted)
        self._fresh.setdefault(table_id, set()).update(accepted.prints)

    # -- one part ---------------------------------------------------------------------------------

    def _admit(self, part: Part, draft: _Draft) -> Appended:
        append = part.append
        name = append.table.lower()
        before = draft.tables.get(name) or self.table(name)
        _check_agreed(append, before)
        batch = part.batch
        if part.schema_version != (before.schema.version if before else 0):
            # The table changed between the caller's door and its turn.
            batch = self._normalise(append, before.schema if before else None)
        if not batch.rows and not batch.types:
            return Appended(None, None, 0)
        if self._closed and batch.rows:
            raise Resharded("this shard was split and takes no more rows", hint="try again")
        table = self._table_for(before, batch, append, draft)
        ids, sources = self._ids(batch)
        prints = fingerprints(sources, ids)
        kept = self._without_duplicates(before, batch, ids, sources, prints)
        duplicates = batch.rows - (batch.rows if kept is None else len(kept))
        if kept is not None:
            batch, ids, prints = _take(batch, kept), [ids[i] for i in kept], [prints[i] for i in kept]
        streams, positions, version = self._positions(append, batch, duplicates, draft)
        added = _added(before, table)
        if table is not before:
            draft.tables[name] = table
        if not batch.rows:
            return Appended(None, None, 0, duplicates, version, added)
        first = draft.seq + 1
        draft.seq += batch.rows
        columns: dict[str, Sequence[Any]] = {"_id": ids, **batch.payload}
        columns |= {name: values for name, values in batch.envelope.items() if name not in ("_id", "_stream")}
        if streams is not None and positions is not None:
            columns |= {"_stream": streams, "_position": positions}
        draft.accepted.append(Accepted(table, batch.rows, columns, batch.arrow, prints, first))
        return Appended(first, draft.seq, batch.rows, duplicates, version, added)

    def _table_for(self, before: Table | None, batch: Batch, append: Append, draft: _Draft) -> Table:
        if before is None:
            return Table(
                id=self._known.new_table_id(append.table),
                name=append.table,
                schemas=(new_schema(batch.types.items()),),
                event_time=append.event_time,
                created_seq=draft.seq,
            )
        if before.schema.computed:
            check_given(before.schema, batch.types)
        known = before.schema.by_name
        news = [
            (name, arrow)
            for name, arrow in batch.types.items()
            if name not in known or (known[name].type == pa.null() and arrow != pa.null())
        ]
        if not news:
            return before
        return extended(before, widen(before.schema, news, from_seq=draft.seq + 1))

    def _ids(self, batch: Batch) -> tuple[list[str], list[str | None] | None]:
        ids: list[str | None] | None = batch.envelope.get("_id")
        sources = batch.envelope.get("_source")
        if ids is None:
            return uuid7s(batch.rows, self.recorded_us, self._entropy), sources
        missing = ids.count(None)
        if missing:
            fresh = iter(uuid7s(missing, self.recorded_us, self._entropy))
            return [next(fresh) if i is None else i for i in ids], sources
        return ids, sources  # type: ignore[return-value]  # none is None

    # -- duplicates -------------------------------------------------------------------------------

    def _without_duplicates(
        self,
        table: Table | None,
        batch: Batch,
        ids: Sequence[str],
        sources: Sequence[str | None] | None,
        prints: Sequence[int],
    ) -> list[int] | None:
        """The rows to keep, or `None` for all. Raises `Conflict` for one id with two bodies."""
        if "_id" not in batch.envelope:
            return None
        suspects: set[int] = set()
        if table is not None:
            suspects = self._known.known_prints(table, prints)
            if fresh := self._fresh.get(table.id):
                suspects.update(p for p in prints if p in fresh)
        if not suspects and len(set(prints)) == len(prints):
            return None
        keys = [(sources[i] if sources else None, ids[i]) for i in range(batch.rows)]
        wanted = {keys[i]: prints[i] for i in range(batch.rows) if prints[i] in suspects}
        stored = self._known.stored_rows(table, wanted) if table and wanted else {}
        for commit in self._commits.get(table.id, ()) if table else ():
            stored |= commit.stored(wanted)
        return _keep_new(batch, keys, stored)

    # -- streams ----------------------------------------------------------------------------------

    def _positions(
        self, append: Append, batch: Batch, duplicates: int, draft: _Draft
    ) -> tuple[list[str | None] | None, list[int | None] | None, int | None]:
        """Stream and position of each row, if any has one, and the version of the only stream."""
        given: list[str | None] | None = batch.envelope.get("_stream")
        if append.stream is not None:
            if given and any(s is not None and s != append.stream for s in given):
                raise Invalid(
                    f"a row names another stream than `{append.stream}`",
                    hint="give the stream once: for all rows, or in each row",
                )
            streams: list[str | None] = [append.stream] * batch.rows
        else:
            streams = given or []
        distinct = set(streams) if append.stream is None else {append.stream}
        only = next(iter(distinct)) if len(distinct) == 1 else None
        if append.expected_version is not None:
            if append.expected_version < 0:
                raise Invalid(
                    f"expected_version is {append.expected_version}",
                    hint="0 for a new stream, else its version",
                )
            if only is None:
                raise Invalid("expected_version needs one stream", hint='append(..., stream="cart-7")')
            if batch.rows or not duplicates:
                self._check_version(only, append.expected_version, draft)
        if distinct <= {None}:
            return None, None, None
        if only is not None:
            head = self._head(only, draft)
            draft.heads[only] = head + batch.rows
            return streams, list(range(head + 1, head + batch.rows + 1)), head + batch.rows
        positions: list[int | None] = []
        for stream in streams:
            if stream is None:
                positions.append(None)
                continue
            draft.heads[stream] = self._head(stream, draft) + 1
            positions.append(draft.heads[stream])
        return streams, positions, None

    def _check_version(self, stream: str, expected: int, draft: _Draft) -> None:
        actual = self._head(stream, draft)
        if actual != expected:
            raise Conflict(
                f"wrong expected version. stream=`{stream}`, expected=`{expected}`, actual=`{actual}`",
                hint="read the stream from there, decide again, and append with the actual version",
            )

    def _head(self, stream: str, draft: _Draft) -> int:
        for heads in (draft.heads, self.heads):
            if stream in heads:
                return heads[stream]
        return self._known.head(stream)


def _check_agreed(append: Append, table: Table | None) -> None:
    """A shard among several takes rows only for the table that all of them agreed on, or a later version."""
    if append.agreed is None:
        return
    table_id, version = append.agreed
    if table is None or table.id != table_id or table.schema.version < version:
        raise Resharded(f"`{append.table}` has changed in another shard", hint="try again")


def extended(table: Table, schema: Schema) -> Table:
    """The table with one more schema version."""
    return replace(table, schemas=(*table.schemas, schema))


def _added(before: Table | None, table: Table) -> dict[str, str]:
    if before is table:
        return {}
    known = {f.name: f.type for f in before.schema.fields} if before else {}
    return {f.name: type_name(f.type) for f in table.schema.fields if known.get(f.name) != f.type}


def _take(batch: Batch, kept: Sequence[int]) -> Batch:
    at = pa.array(kept, pa.int64())
    return Batch(
        rows=len(kept),
        envelope={name: [values[i] for i in kept] for name, values in batch.envelope.items()},
        payload={name: [values[i] for i in kept] for name, values in batch.payload.items()},
        types=batch.types,
        arrow={name: column.take(at) for name, column in batch.arrow.items()},
    )


def _keep_new(batch: Batch, keys: Sequence[Key], stored: Mapping[Key, StoredRow]) -> list[int] | None:
    kept: list[int] = []
    seen: dict[Key, int] = {}
    for i, key in enumerate(keys):
        if key in stored:
            _same_body(batch, i, stored[key], key)
        elif key in seen:
            _same_body(batch, i, _row(batch, seen[key]), key)
        else:
            seen[key] = i
            kept.append(i)
    return None if len(kept) == batch.rows else kept


def _row(batch: Batch, at: int) -> StoredRow:
    return {name: values[at] for name, values in (*batch.envelope.items(), *batch.payload.items())}


def _same_body(batch: Batch, at: int, stored: StoredRow, key: Key) -> None:
    """Compares only what the caller gave: defaults such as `_time` differ from one attempt to the next."""
    for name, value in _row(batch, at).items():
        if value is not None and stored.get(name) != value:
            raise Conflict(
                f"row {at + 1}: id `{key[1]}` is taken by an event with another `{name}`",
                hint="a retry must repeat the event as it was; a new event needs a new id",
            )
