"""A search as SQL: nearest to a vector, most of the words of a text, or both, ranked as one.

    nearest   SELECT ..., distance AS _distance FROM t WHERE ... ORDER BY _distance, _id LIMIT k
    words     BM25 over the rows in which a word stands
    both      each finds more than is wanted; 1 / (60 + rank) of both is added up (reciprocal rank fusion)

All of it is a statement like any other, so what holds for statements (AS OF, conditions, certificates, who
may see what) holds for searches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa

from ..core.errors import Invalid, nearest
from ..core.schema import TIERS, Field, Table
from ..core.types import is_vector, quote
from ..core.vectors import Metric, Vector
from ..embedders.find import find
from .engine import text_literal

Mode = Literal["meaning", "words", "both"]

MOST = 10_000
FUSED = 60
"""What reciprocal rank fusion adds to a rank, as is usual."""
_BM25_K, _BM25_B = 1.2, 0.75
_OVERSAMPLED = 5
_DISTANCE = {
    "cosine": "array_cosine_distance",
    "l2": "array_distance",
    "inner": "array_negative_inner_product",
}


@dataclass(frozen=True)
class Search:
    """What is looked for in a table. `column`, `vector`: near which vector, if any; `words`: which words, in
    the columns `texts`. `where`: a condition in SQL. `tiers`: where to look, `None` for all. `one_shard`:
    whether a sequence alone names an event."""

    table: Table
    k: int
    column: Field | None = None
    vector: Vector | None = None
    words: str | None = None
    texts: tuple[str, ...] = ()
    where: str | None = None
    tiers: Sequence[str] | None = None
    one_shard: bool = True


def only_table(tables: Sequence[str], name: str | None) -> str:
    """The table to search: that of a database with one needs no name. Raises `Invalid`."""
    if name is not None:
        return name
    if len(tables) != 1:
        known = f"say table= as one of: {', '.join(tables[:5])}" if tables else "append something first"
        raise Invalid(f"the database has {len(tables)} tables", hint=known)
    return tables[0]


def wanted(
    table: Table,
    query: str | Sequence[float],
    *,
    column: str | None,
    k: int,
    mode: Mode,
    where: str | None,
    tiers: Sequence[str] | None,
    vector: Sequence[float] | None,
    one_shard: bool,
) -> Search:
    """What a call of `search` asks for. Raises `Invalid`."""
    if mode not in get_args(Mode):
        raise Invalid(f"mode={mode!r}", hint=f"one of: {', '.join(get_args(Mode))}")
    words = query if isinstance(query, str) else None
    if mode != "meaning" and words is None:
        raise Invalid("a vector has no words", hint='give a text, or mode="meaning"')
    if mode == "words":
        texts = text_columns(table)
        return Search(table, k, words=words, texts=texts, where=where, tiers=tiers, one_shard=one_shard)
    field = vector_column(table, column)
    given: Any = query if words is None else vector
    if given is None and words is not None and field.computed is not None and not field.computed.past:
        given = find(field.computed.model, field.type.list_size).embed([words])[0]
    if given is None:
        raise Invalid(
            f"`{table.name}.{field.name}` has no embedder, so nobody knows what a text means there",
            hint='give vector=, or mode="words"',
        )
    found = as_vector(given)
    if len(found) != field.type.list_size:
        raise Invalid(
            f"`{field.name}` holds vectors of {field.type.list_size} numbers, this one has {len(found)}",
            hint="search with a vector of the same model",
        )
    asked = words if mode == "both" else None
    return Search(table, k, field, found, asked, text_columns(table), where, tiers, one_shard)


def vector_column(table: Table, name: str | None) -> Field:
    """The column to search by; a table with one needs no name. Raises `Invalid`."""
    vectors = [field for field in table.schema.fields if is_vector(field.type)]
    if name is not None:
        found = [field for field in vectors if field.name.lower() == name.lower()]
        if found:
            return found[0]
        raise Invalid(
            f"`{name}` is no vector column of `{table.name}`", hint=nearest(name, [f.name for f in vectors])
        )
    current = [field for field in vectors if field.computed is None or not field.computed.past]
    if not current:
        raise Invalid(
            f"`{table.name}` has no column of vectors",
            hint="create it with `embedding FLOAT[384]`, or add one that is computed (docs/vectors.md)",
        )
    if len(current) > 1:
        known = ", ".join(field.name for field in current)
        raise Invalid(
            f"`{table.name}` has {len(current)} columns of vectors", hint=f"say column= as one of: {known}"
        )
    return current[0]


def text_columns(table: Table) -> tuple[str, ...]:
    return tuple(field.name for field in table.schema.fields if field.type == pa.string())


def statement(search: Search) -> tuple[str, dict[str, Any]]:
    """(SQL, parameters). Raises `Invalid`."""
    if not isinstance(search.k, int) or not 0 < search.k <= MOST:
        raise Invalid(f"k={search.k!r}", hint=f"between 1 and {MOST:,} rows")
    if search.vector is not None and search.words is not None:
        return _both(search), {"_q": search.vector, "_words": search.words}
    if search.vector is not None:
        return _near(search, search.k, _shown(search)), {"_q": search.vector}
    return _worded(search, search.k), {"_words": search.words}


def _near(search: Search, k: int, shown: str) -> str:
    assert search.column is not None
    metric: Metric = search.column.index.metric
    distance = f"{_DISTANCE[metric]}({quote(search.column.name)}, $_q)"
    inner = (
        f"SELECT {shown}, {distance} AS _distance, _id AS _tie FROM {quote(search.table.name)}"
        f"{_where(search)} ORDER BY _distance, _tie LIMIT {k}"
    )
    return f"SELECT * EXCLUDE (_tie) FROM ({inner}) WHERE _distance IS NOT NULL ORDER BY _distance, _tie"


def _worded(search: Search, k: int) -> str:
    return (
        f"WITH {_documents(search, _shown(search))} SELECT * EXCLUDE (_tokens, _weights, _average), {_SCORE}"
        f" AS _score FROM _found ORDER BY _score DESC, _id LIMIT {k}"
    )


def _both(search: Search) -> str:
    """The same event is known by `_id` and `_source`, in whichever shard it is."""
    wide = min(MOST, search.k * _OVERSAMPLED)
    shown = ", ".join(f"t.{quote(name)}" for name in _names(search))
    return (
        f"WITH _near AS ({_near(search, wide, '_id, _source')}),"
        f" {_documents(search, '_id, _source')},"
        f" _worded AS (SELECT _id, _source, {_SCORE} AS _score FROM _found"
        f" ORDER BY _score DESC, _id LIMIT {wide}),"
        " _fused AS (SELECT coalesce(n._id, w._id) AS _id, coalesce(n._source, w._source) AS _source,"
        f" coalesce(1.0 / ({FUSED} + n.rank), 0) + coalesce(1.0 / ({FUSED} + w.rank), 0) AS _score"
        " FROM (SELECT *, row_number() OVER (ORDER BY _distance, _id) AS rank FROM _near) AS n"
        " FULL JOIN (SELECT *, row_number() OVER (ORDER BY _score DESC, _id) AS rank FROM _worded) AS w"
        " ON n._id = w._id AND n._source IS NOT DISTINCT FROM w._source"
        f" ORDER BY _score DESC, _id LIMIT {search.k})"
        f" SELECT {shown}, f._score FROM {quote(search.table.name)} AS t JOIN _fused AS f"
        " ON t._id = f._id AND t._source IS NOT DISTINCT FROM f._source ORDER BY f._score DESC, t._id"
    )


def _documents(search: Search, shown: str) -> str:
    """`_found`: the rows in which a word stands, with their words, the weight of each word that is asked for,
    and the average length of all rows."""
    if not search.texts:
        raise Invalid(f"`{search.table.name}` has no text to search", hint="search by a vector")
    text = f"concat_ws(' ', {', '.join(map(quote, search.texts))})"
    return (
        f"_asked AS (SELECT list_distinct({_tokens('$_words')}) AS terms),"
        f" _documents AS (SELECT {shown}, {_tokens(text)} AS _tokens FROM {quote(search.table.name)}"
        f"{_where(search)}),"
        " _totals AS (SELECT count(*) AS n, avg(len(_tokens)) AS average FROM _documents),"
        " _counts AS (SELECT term, count(*) AS rows FROM"
        " (SELECT unnest(list_intersect(_tokens, terms)) AS term FROM _documents, _asked) GROUP BY term),"
        " _weighed AS (SELECT any_value(average) AS average,"
        " list({'term': term, 'weight': ln(1 + (n - rows + 0.5) / (rows + 0.5))}) AS weights"
        " FROM _counts, _totals),"
        " _found AS (SELECT d.*, weights AS _weights, average AS _average"
        " FROM _documents AS d, _asked, _weighed WHERE list_has_any(_tokens, terms))"
    )


_COUNT = "len(list_filter(_tokens, lambda t: t = w.term))"
_SCORE = (
    f"list_sum(list_transform(_weights, lambda w: w.weight * {_COUNT} * {_BM25_K + 1}"
    f" / ({_COUNT} + {_BM25_K} * ({1 - _BM25_B} + {_BM25_B} * len(_tokens) / _average))))"
)


def _tokens(text: str) -> str:
    return rf"list_filter(string_split_regex(lower({text}), '[^\p{{L}}\p{{N}}]+'), lambda t: t <> '')"


def _where(search: Search) -> str:
    conditions = [f"({search.where})"] if search.where is not None else []
    if search.tiers is not None:
        unknown = [tier for tier in search.tiers if tier not in TIERS]
        if unknown or not search.tiers:
            raise Invalid(f"tiers={list(search.tiers)}", hint=f"of: {', '.join(TIERS)}")
        conditions.append(f"_tier IN ({', '.join(map(text_literal, search.tiers))})")
    if search.column is not None and search.column.index.key is not None:
        conditions.append(_newest(search, search.column.index.key))
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _newest(search: Search, key: str) -> str:
    """Of the events with one key, the newest alone counts, and if it has no vector, none."""
    event, newest = "_seq", "max(_seq)"
    if not search.one_shard:
        event = "concat_ws(chr(31), _id, _source)"
        newest = f"arg_max({event}, (_recorded_at, _seq))"
    table, key = quote(search.table.name), quote(key)
    return f"({key} IS NULL OR {event} IN (SELECT {newest} FROM {table} GROUP BY {key}))"


def _names(search: Search) -> list[str]:
    """The columns of an answer: how to name the event, and its payload, vectors left out."""
    return ["_id", *(field.name for field in search.table.schema.fields if not is_vector(field.type))]


def _shown(search: Search) -> str:
    return ", ".join(quote(name) for name in _names(search))


def as_vector(value: Any) -> Vector:
    """Raises `Invalid` for what is no list of finite numbers."""
    try:
        vector = np.asarray(value, np.float32)
    except (TypeError, ValueError):
        vector = np.empty((0, 0), np.float32)
    if vector.ndim != 1 or not len(vector) or not np.isfinite(vector).all():
        raise Invalid("not a vector to search with", hint="give a text, or a list of finite numbers")
    return vector
