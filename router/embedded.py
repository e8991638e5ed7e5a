"""The vectors of a computed column: DuckDB makes the texts of the rows, the column's model their vectors."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..core.errors import Invalid, Unavailable
from ..core.schema import Field
from ..core.types import quote
from ..core.vectors import Computed
from ..embedders.find import find
from .bind import bind
from .engine import Engine, EngineError
from .syntax import parse

_ROWS = "rows$"
_CHANGING = frozenset(
    [
        "random",
        "uuid",
        "gen_random_uuid",
        "uuidv4",
        "uuidv7",
        "now",
        "current_timestamp",
        "current_date",
        "today",
        "localtimestamp",
        "current_time",
        "get_current_timestamp",
        "transaction_timestamp",
    ]
)


def computed(model: str, dimensions: int, text: str, columns: pa.Schema, engine: Engine) -> Computed:
    """What a column is computed from, by the model as it is here. Raises `Invalid` for a text that is none or
    that changes, `Unavailable` if the model is."""
    try:
        bound = bind(parse(f"SELECT ({text}) FROM t", engine), "", {})
    except Invalid as error:
        raise Invalid(f"not a text to embed: {text}: {error.message}", hint=error.hint) from None
    if len(bound.selects) > 1 or bound.functions & _CHANGING or bound.source.parameters:
        raise Invalid(
            f"not a text to embed: {text}",
            hint="an expression over the columns of one row, such as a || ' ' || b",
        )
    with engine.session() as session:
        session.register(_ROWS, columns.empty_table())
        try:
            session.columns(_texts(text))
        except EngineError as error:
            raise Invalid(f"not a text to embed: {text}", hint=error.message.splitlines()[0]) from None
    return Computed(model, find(model, dimensions).version, text)


def embedded(engine: Engine, column: Field, rows: pa.Table) -> pa.Array:
    """See `tiers.surroundings.Embed`."""
    how, length = column.computed, column.type.list_size
    assert how is not None
    embedder = find(how.model, length)
    if embedder.version != how.version:
        raise Unavailable(
            f"`{column.name}` is computed by {how.model} {how.version}, and here that is {embedder.version}",
            hint="ALTER TABLE ... ALTER COLUMN computes it anew, by the model of today",
        )
    with engine.session() as session:
        session.register(_ROWS, rows)
        texts = session.run(_texts(how.text))[0].column(0).to_pylist()
    there = np.array([text is not None for text in texts], np.bool_)
    vectors = np.zeros((len(texts), length), np.float32)
    if there.any():
        vectors[there] = embedder.embed([text for text in texts if text is not None])
    numbers = pa.array(vectors.ravel(), pa.float32())
    return pa.FixedSizeListArray.from_arrays(numbers, type=column.type, mask=pa.array(~there))


def _texts(text: str) -> str:
    return f"SELECT TRY(({text})::VARCHAR) FROM {quote(_ROWS)}"
