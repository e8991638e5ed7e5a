"""One batch of events, column by column: what the hot log binds into SQLite and turns into Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ..hot.codec import decode


@dataclass(frozen=True)
class Batch:
    """`rows` events as columns of that length, in storage form (see `tiers/hot/codec.py`); `None` is null.

    `envelope`: the envelope fields that some row gave, without those left to the log; `_time` in
    microseconds. `payload`: by the table's spelling of the field name. `types`: the stored type of each
    payload column, `pa.null()` where no value has been seen yet. `arrow`: the payload columns that came as
    Arrow, in their stored type, so that nothing is converted twice.
    """

    rows: int
    envelope: Mapping[str, list[Any]]
    payload: Mapping[str, list[Any]]
    types: Mapping[str, pa.DataType]
    arrow: Mapping[str, pa.Array] = field(default_factory=dict)

    def column(self, name: str) -> pa.Array:
        """A payload column as Arrow."""
        ready = self.arrow.get(name)
        return decode(self.payload[name], self.types[name]) if ready is None else ready
