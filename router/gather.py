"""Asks each shard for its part of an aggregate, where its data is, and merges the answers.

query --> split (pure) --> the same statement to every shard that can hold rows, at once --> merged by DuckDB

`None` everywhere means: not this way. The direct way, over snapshots of all shards, answers every query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ..core.asof import AsOf
from ..core.certificate import Certificate, merge_certificates
from ..core.errors import Invalid, NotFound
from ..core.owners import DatabaseOwner
from ..core.results import Result
from ..core.schema import Table
from ..core.types import quote
from .bind import Bound, Ref
from .constants import Surroundings
from .cut import Points, over_shards
from .engine import Engine, EngineError, Session
from .limits import Limits
from .partial import MERGED, Partial, parameter, split_aggregate
from .rules.clock import clock_macro
from .rules.envelope import ENVELOPE_COLUMNS
from .scan import null_of
from .shard_prune import Holding, existing_at, holding

_NUMBERS = ("HUGEINT", "UHUGEINT", "DOUBLE", "DECIMAL")


@dataclass(frozen=True)
class Question:
    """What every shard in `holding`, by that version of the map, is asked, and what is made of the answers.

    `sql`: the shards' statement; `last`: the statement over the merged groups; both with `params` by name.
    """

    ref: Ref
    table: Table
    holding: Holding
    map_version: int
    as_of: AsOf
    partial: Partial
    sql: str
    last: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class _Types:
    """`answer`: (schema, SQL types) of the query's answer; `parts`: (column, SQL type) of a shard's."""

    answer: tuple[pa.Schema, list[str]]
    parts: list[tuple[str, str]]


def question(
    owner: DatabaseOwner, engine: Engine, bound: Bound, points: Points, around: Surroundings
) -> Question | None:
    """Raises `Invalid` for a point in time that several shards do not have."""
    if not owner.pushes_down or len(bound.refs) != 1:
        return None
    (ref,) = bound.refs
    shard_map = owner.shard_map()
    if shard_map.single:
        return None
    try:
        table = owner.table(ref.name)
    except NotFound:
        return None
    partial = split_aggregate(bound, {*table.schema.by_folded_name, *ENVELOPE_COLUMNS})
    if partial is None:
        return None
    point = points[ref.name.lower(), ref.point]
    held = existing_at(holding(bound, ref, shard_map, table.schema, around), shard_map, point)
    as_of = over_shards(point, shard_map, held.shards)
    with engine.session() as session:
        sql, last = (session.rendered(node) for node in (partial.shard, partial.last))
    params = {parameter(name): value for name, value in around.parameters.items()}
    return Question(ref, table, held, shard_map.version, as_of, partial, sql, last, params)


def gather(
    owner: DatabaseOwner,
    asked: Question,
    session: Session,
    text: str,
    bound: Bound,
    around: Surroundings,
    limits: Limits,
) -> tuple[pa.Table, list[str], list[Certificate]] | None:
    """(rows, SQL types, the shards' certificates). `text`: the query as DuckDB would run it directly."""
    try:
        types = _types(asked, session, text, bound, around)
    except EngineError as error:
        if error.kind in ("InterruptException", "OutOfMemoryException"):
            raise
        return None
    if any(not dict(types.parts)[name].startswith(_NUMBERS) for name in asked.partial.averaged):
        return None

    def ask(shard: str) -> Result:
        return owner.ask_shard(
            shard,
            asked.sql,
            _used(asked.sql, asked.params),
            as_of=asked.as_of,
            now_us=around.now_us,
            timeout=limits.timeout,
            memory_limit=limits.memory_limit,
            cancel=limits.cancel,
        )

    try:
        with ThreadPoolExecutor(len(asked.holding.shards)) as pool:
            answers = list(pool.map(ask, asked.holding.shards))
    except (NotFound, Invalid):
        # A shard that is a moment behind, or a table that was another one then: the direct way tells.
        return None
    if owner.shard_map().version != asked.map_version:
        return None  # one was split meanwhile
    merged = _merged(asked, session, types, [answer.arrow() for answer in answers])
    return merged and (*merged, [answer.certificate for answer in answers])


def certificate(asked: Question, parts: Sequence[Certificate], as_of: str | None) -> Certificate:
    """As the direct way would give it."""
    name = asked.table.name
    shown = name + (f" ({asked.ref.point})" if asked.ref.point else "")
    return merge_certificates(parts, {name: shown}, as_of, {shown: dict(asked.holding.pruned)})


def _types(asked: Question, session: Session, text: str, bound: Bound, around: Surroundings) -> _Types:
    """What the statements give over a table of that look without rows."""
    for name in bound.clock:
        session.create_macro(clock_macro(name, around.now_us))
    empty = _empty(asked.table)
    for view in {asked.ref.view.lower(): asked.ref.view, asked.ref.name.lower(): asked.ref.name}.values():
        session.create_view(view, empty)
    answer, sql_types = session.run(text, dict(around.parameters))
    parts = session.columns(asked.sql, _used(asked.sql, asked.params))
    return _Types((answer.schema, sql_types), parts)


def _empty(table: Table) -> str:
    columns = [
        *(f"{null_of(field.type)} AS {quote(field.name)}" for field in table.schema.complete),
        'NULL::VARCHAR AS "_tier"',
    ]
    return f"SELECT {', '.join(columns)} LIMIT 0"


def _merged(
    asked: Question, session: Session, types: _Types, answers: Sequence[pa.Table]
) -> tuple[pa.Table, list[str]] | None:
    """The rows under the names and types that the direct way gives them, `None` if they differ."""
    rows = []
    for number, answer in enumerate(answers):
        session.register(f"answer${number}", answer)
        casts = [_cast(name, sql_type) for name, sql_type in types.parts]
        rows.append(f"SELECT {', '.join(casts)} FROM {quote(f'answer${number}')}")
    keys = [quote(key) for key in asked.partial.keys]
    merges = [f"{merge} AS {quote(name)}" for name, merge in asked.partial.merges]
    groups = f" GROUP BY {', '.join(keys)}" if keys else ""
    session.create_view(
        MERGED, f"SELECT {', '.join([*keys, *merges])} FROM ({' UNION ALL '.join(rows)}){groups}"
    )
    table, sql_types = session.run(asked.last, _used(asked.last, asked.params))
    schema, wanted = types.answer
    return (table.rename_columns(schema.names), wanted) if sql_types == wanted else None


def _cast(name: str, sql_type: str) -> str:
    """Answers come in Arrow, which knows neither UUID nor JSON nor wide integers as DuckDB does."""
    plain = not any(mark in sql_type for mark in ('"', "(", "[")) or sql_type.startswith("DECIMAL")
    return f"{quote(name)}::{sql_type} AS {quote(name)}" if plain else quote(name)


def _used(sql: str, params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if f"${name}" in sql}
