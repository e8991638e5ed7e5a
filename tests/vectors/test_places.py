"""Each vector of a data file can be read from the place that was noted for it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from thermocline.core.schema import Schema, new_schema
from thermocline.core.types import vector
from thermocline.core.vectors import Vectors
from thermocline.tiers.parquet import encode
from thermocline.tiers.vectors.places import find_places, read_at, read_vectors

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def rows(schema: Schema, vectors: Vectors, missing: np.ndarray) -> pa.Table:
    count = len(vectors)
    given = {
        "_seq": range(1, count + 1),
        "_id": [f"e{n}" for n in range(count)],
        "_time": [NOW] * count,
        "_recorded_at": [NOW] * count,
        "_schema_version": [1] * count,
        "e": [None if gone else v for v, gone in zip(vectors, missing, strict=True)],
    }
    return pa.table(
        {f.name: pa.array(given.get(f.name, [None] * count), f.type) for f in schema.stored},
        schema=schema.stored,
    )


@pytest.mark.parametrize("missing", ["none", "some", "runs", "all"])
@pytest.mark.parametrize("size", [1, 3, 100, 384, 1_024])
def test_every_vector_lies_where_it_was_noted(size: int, missing: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(size)
    count = 3_000 if size < 1_000 else 700
    vectors = rng.standard_normal((count, size)).astype(np.float32)
    vectors[count // 2 : count // 2 + 50] = vectors[0]  # the same again and again
    gone = {
        "none": np.zeros(count, bool),
        "some": rng.random(count) < 0.2,
        "runs": (np.arange(count) // 97) % 2 == 1,
        "all": np.ones(count, bool),
    }[missing]
    schema = new_schema([("e", vector(size))])
    path = tmp_path / "f.parquet"
    path.write_bytes(encode(rows(schema, vectors, gone), schema, row_group_rows=999))
    numbers, found = read_vectors(path, "e")
    assert np.array_equal(numbers, np.flatnonzero(~gone))
    places = find_places(path, "e", found)
    assert places is not None
    assert np.array_equal(read_at(path, places, size), vectors[~gone])


def test_a_file_of_another_writer_has_no_places(tmp_path: Path) -> None:
    values = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(300, np.float32)), 3)
    pq.write_table(pa.table({"e": values}), tmp_path / "f.parquet", compression="zstd")
    assert find_places(tmp_path / "f.parquet", "e", np.zeros((100, 3), np.float32)) is None
