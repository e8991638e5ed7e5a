"""How the rows of a world are spread over shards, and where each of them must lie, worked out on its own.

What differs from a world of one shard is named here: sequences are a shard's own, so that `_id` has to break
their ties; streams need a key by which they stay together; hours need rows that say when they happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from thermocline.core.protocols import Lakehouse
from thermocline.core.sharding import ShardMap

from .columns import COLUMNS, KEY

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STREAM = "_stream"


class At(NamedTuple):
    """Where one shard is cut: after a sequence. `instant`: when TTL is judged there."""

    seq: int
    instant: datetime


Cut = Mapping[str, At]
"""Shard -> where it is cut; a shard that is not named had not begun."""


@dataclass(frozen=True)
class Spread:
    """`by`: "hash" of the column `key`, or of the stream; "hour" of `_time`; `None`: it stays one shard."""

    shards: int = 1
    by: str | None = None
    key: str | None = None

    @property
    def several(self) -> bool:
        return self.by is not None

    @property
    def with_streams(self) -> bool:
        return self.key == STREAM or not self.several

    @property
    def always_timed(self) -> bool:
        return self.by == "hour"

    @property
    def order(self) -> tuple[str, ...]:
        """The columns that order all rows of a table."""
        return ("_seq", "_id") if self.several else ("_seq",)

    def create(self, lake: Lakehouse, name: str) -> None:
        if self.several:
            lake.create_database(name, shards=self.shards, shard_by=self.by, key=self.key)

    def shard_of(self, row: Mapping[str, Any], stream: str | None, shard_map: ShardMap) -> str:
        """`stream`: that of the whole append."""
        if not self.several:
            return shard_map.names[0]
        return shard_map.route(self._key_of(row, stream))

    def _key_of(self, row: Mapping[str, Any], stream: str | None) -> object:
        if self.by == "hour":
            return (row["_time"] - EPOCH) // timedelta(hours=1)
        if self.key == STREAM:
            return stream or row.get(STREAM) or row["_id"]
        assert self.key is not None
        return row.get(self.key)


def draw_spread(rng: Random, shards: int) -> Spread:
    """One shard needs no choice; several go by stream, by hour or by any plain column."""
    if shards == 1:
        return Spread()
    match rng.choice(("stream", "hour", "column", "column")):
        case "stream":
            return Spread(shards, "hash", STREAM)
        case "hour":
            return Spread(shards, "hour")
        case _:
            plain = [c.name for c in COLUMNS if not c.is_nested]
            return Spread(shards, "hash", KEY.name if rng.random() < 0.3 else rng.choice(plain))
