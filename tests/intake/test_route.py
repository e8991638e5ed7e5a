"""Rows find their shards, whatever they come as."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from thermocline.core.owners import Append
from thermocline.core.schema import new_schema
from thermocline.core.sharding import new_shard_map
from thermocline.tiers.intake.normalise import normalise
from thermocline.tiers.intake.route import route

SHARDS = new_shard_map(2, by="hash", key="k")
KEYS = list(range(20))
WORDS = [f"w{n % 3}" for n in KEYS]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(WORDS),
        pa.array(WORDS).dictionary_encode(),
        pa.array(WORDS, pa.string_view()),
        pa.array([w.encode() for w in WORDS], pa.binary_view()),
        pa.array([[w] for w in WORDS], pa.list_(pa.string_view())),
        pa.array([{"w": w, "n": 1} for w in WORDS], pa.struct([("w", pa.string_view()), ("n", pa.int64())])),
        pc.run_end_encode(pa.array(WORDS)),
    ],
    ids=lambda column: str(column.type),
)
def test_each_row_goes_whole_to_the_shard_of_its_key(column: pa.Array) -> None:
    rows = pa.table({"k": KEYS, "v": column})
    batch = normalise(rows, None)
    schema = new_schema(list(batch.types.items()))
    parts = route(Append("t", rows), batch, SHARDS, schema)
    assert set(parts) == set(SHARDS.names)
    found = [row for part in parts.values() for row in part.rows.to_pylist()]
    assert sorted(found, key=lambda row: row["k"]) == rows.to_pylist()
    for shard, part in parts.items():
        assert all(SHARDS.route(row["k"]) == shard for row in part.rows.to_pylist())
