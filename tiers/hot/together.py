"""Small appends that share a commit are taken as one batch: a row alone costs three times as much.

    waiting:  a  b  [stream]  c  d      ->  (a b) together, [stream], (c d) together

Only appends that cannot touch one another qualify: dicts without id or stream, at no expected version. If a
batch of them does not fit as it is (a value, a new field, no table yet), each is taken alone and fails alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeAlias

from ...core.errors import Error
from ...core.owners import Append
from ...core.results import Appended
from ...core.schema import Table
from ..intake.batch import Batch
from .admit import Admission, Part

MOST_ROWS = 16
_OWN_WAY = frozenset(["_id", "_stream", "specversion"])


@dataclass(frozen=True, slots=True)
class Small:
    """An append that has not been normalised yet; `rows` are the caller's dicts, copied."""

    append: Append
    rows: list[dict[str, Any]]


Operation: TypeAlias = Sequence[Part] | Small
Outcome: TypeAlias = dict[str, Appended] | Exception
Prepare: TypeAlias = Callable[[Append], Part]


def as_small(append: Append) -> Small | None:
    """The append, if it can be taken together with others."""
    rows = append.rows
    if type(rows) is not list or not 0 < len(rows) <= MOST_ROWS:
        return None
    if append.stream is not None or append.expected_version is not None:
        return None
    for row in rows:
        if type(row) is not dict or not _OWN_WAY.isdisjoint(row):
            return None
    return Small(append, [row.copy() for row in rows])


def admit_all(admission: Admission, operations: Sequence[Operation], prepare: Prepare) -> list[Outcome]:
    """What comes of each operation, in their order. `prepare` normalises against the live table."""
    outcomes: list[Outcome] = []
    for smalls in _runs(operations):
        if not isinstance(smalls[0], Small):
            outcomes += [_alone(admission, operation, prepare) for operation in smalls]
            continue
        taken = _together(admission, smalls, prepare) if len(smalls) > 1 else None
        outcomes += taken or [_alone(admission, small, prepare) for small in smalls]
    return outcomes


def _runs(operations: Sequence[Operation]) -> Iterator[list[Any]]:
    """Neighbours that may be taken together."""

    def kind(operation: Operation) -> tuple[object, ...] | None:
        if not isinstance(operation, Small):
            return None
        append = operation.append
        return append.table, append.event_time, append.agreed

    return (list(run) for _, run in groupby(operations, kind))


def _together(admission: Admission, smalls: Sequence[Small], prepare: Prepare) -> list[Outcome] | None:
    append = smalls[0].append
    table = admission.table(append.table)
    if table is None:
        return None
    try:
        part = prepare(replace(append, rows=[row for small in smalls for row in small.rows]))
        if part.schema_version != table.schema.version or _widens(part.batch, table):
            return None
        first = admission.admit([part])[append.table].first_seq
    except Error:
        return None
    assert first is not None, "rows without ids are new"
    outcomes: list[Outcome] = []
    for small in smalls:
        count = len(small.rows)
        outcomes.append({append.table: Appended(first, first + count - 1, count)})
        first += count
    return outcomes


def _widens(batch: Batch, table: Table) -> bool:
    known = table.schema.by_name
    return any(name not in known or known[name].type != arrow for name, arrow in batch.types.items())


def _alone(admission: Admission, operation: Operation, prepare: Prepare) -> Outcome:
    try:
        if isinstance(operation, Small):
            operation = [prepare(replace(operation.append, rows=operation.rows))]
        return admission.admit(operation)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is not its neighbours'
        return error
