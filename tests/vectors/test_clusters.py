"""Cold rows lie cluster by cluster where an index of clusters is wanted, in files that others can read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import thermocline
from thermocline.benchmarks.data import clustered_vectors

ROWS, SIZE = 12_000, 32
VECTORS = clustered_vectors(ROWS, SIZE, clusters=40)


def test_rows_of_one_cluster_lie_side_by_side(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        database = lake.database("d")
        database.sql(f"create table t (n bigint, e float[{SIZE}])")
        database.sql("create index on t using clusters (e) with (tier = 'cold')")
        values = pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.ravel(), pa.float32()), SIZE)
        database.append("t", pa.table({"n": pa.array(range(ROWS)), "e": values}))
        database.archive("t")
        found = [row["n"] for row in database.search(VECTORS[77], table="t", k=5).dicts()]
    assert found[0] == 77
    (file,) = (tmp_path / "lake").rglob("cold/**/*.parquet")
    order = pq.read_table(file)["n"].to_numpy()
    assert sorted(order) == list(range(ROWS))
    assert _near(order) > 0.5 > 3 * _near(np.arange(ROWS))


def _near(order: np.ndarray) -> float:
    """How alike neighbours are, by the cosine of their angle."""
    units = VECTORS[order] / np.linalg.norm(VECTORS[order], axis=1, keepdims=True)
    return float((units[1:] * units[:-1]).sum(axis=1).mean())
