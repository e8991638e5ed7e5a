"""Bounds that planning rests on: never too narrow, absent where they cannot be known."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from thermocline.core.errors import Corrupt
from thermocline.core.schema import ENVELOPE_IDS
from thermocline.core.types import JSON
from thermocline.tiers.parquet import describe, encode

from .rows import START_US, events, one_of_each_type


def bounds(column: pa.Array, row_group_rows: int = 2) -> Any:
    rows, schema = events({"v": column})
    return describe("k", encode(rows, schema, row_group_rows=row_group_rows), schema, "d").stats.get(100)


def test_a_file_is_described_from_its_footer(tmp_path: Path) -> None:
    rows, schema = events({"n": pa.array([5, None, 9])}, first_seq=40)
    data = encode(rows, schema, row_group_rows=2)
    file = describe("k", data, schema, "digest")
    assert (file.key, file.bytes, file.digest, file.rows) == ("k", data.size, "digest", 3)
    assert (file.seq_min, file.seq_max, file.schema_version) == (40, 42, 1)
    assert file.stats[ENVELOPE_IDS["_time"]] == (START_US + 40, START_US + 42)
    assert file.stats[100] == (5, 9)
    (tmp_path / "f").write_bytes(data)
    assert describe("k", tmp_path / "f", schema, "digest") == file


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([True, False, None]), (0, 1)),
        (pa.array([2**60 + 1, -(2**60)]), (-(2**60), 2**60 + 1)),
        (pa.array([1.5, -2.0]), (-2.0, 1.5)),
        (pa.array([0, -1], pa.date32()), (-1, 0)),
        (pa.array([7, 3], pa.timestamp("us")), (3, 7)),
        (pa.array(["b", "é", "a"]), ("a", "é")),
        (pa.array(["x", "x" * 64]), ("x", "x" * 64)),
    ],
)
def test_bounds_span_all_row_groups(column: pa.Array, expected: Any) -> None:
    assert bounds(column) == expected


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1.0, math.nan]),
        pa.array([1.0, math.inf]),
        pa.array(["x", "x" * 65]),
        pa.array(["x", "y" * 9000]),
        pa.array([None, None], pa.int64()),
        one_of_each_type(3)["dec9"],
        one_of_each_type(3)["blob"],
        one_of_each_type(3)["json"],
        one_of_each_type(3)["uuid"],
        one_of_each_type(3)["list"],
        one_of_each_type(3)["struct"],
    ],
)
def test_no_bound_is_given_that_might_be_wrong(column: pa.Array) -> None:
    assert bounds(column) is None


def test_floats_of_other_writers_have_no_bounds_as_nan_may_hide(tmp_path: Path) -> None:
    rows, schema = events({"v": pa.array([1.0, math.nan])})
    pq.write_table(rows, tmp_path / "f")
    assert 100 not in describe("k", tmp_path / "f", schema, "d").stats


def test_a_row_group_of_nulls_does_not_hide_the_others() -> None:
    assert bounds(pa.array([None, None, 4, 5])) == (4, 5)


def test_rows_with_a_ttl_are_counted() -> None:
    rows, schema = events({"v": pa.array([1, 2, 3])})
    rows = rows.set_column(11, "_ttl_seconds", pa.array([60, None, 60], pa.int64()))
    assert describe("k", encode(rows, schema, row_group_rows=2), schema, "d").ttl_rows == 2


def test_a_file_that_states_no_sequences_is_corrupt(tmp_path: Path) -> None:
    rows, schema = events({"v": pa.array([1])})
    pq.write_table(rows, tmp_path / "f", write_statistics=False)
    with pytest.raises(Corrupt, match="states no range of _seq"):
        describe("k", tmp_path / "f", schema, "d")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (pa.array([1.5, math.nan, 1.5]), "v"),
        (pa.array([1.5, math.nan, 1.5], pa.float32()), "v"),
        (pa.array([{"x": 1.5}, {"x": math.nan}, {"x": 1.5}]), "v.x"),
    ],
)
def test_the_engine_does_not_take_nan_for_the_only_bound(
    column: pa.Array, value: str, tmp_path: Path
) -> None:
    rows, schema = events({"v": column})
    (tmp_path / "f.parquet").write_bytes(encode(rows, schema, row_group_rows=10))
    found = duckdb.sql(f"SELECT _seq FROM '{tmp_path}/f.parquet' WHERE {value} = 1.5 AND {value} < 2")
    assert len(found.fetchall()) == 2


@pytest.mark.parametrize("arrow", [pa.string(), pa.binary(), JSON], ids=str)
def test_the_engine_tells_nulls_from_the_only_value_beside_them(arrow: pa.DataType, tmp_path: Path) -> None:
    column = pa.array(["1", "2", "3", "4", "5", None]).cast(arrow)
    rows, schema = events({"v": column})
    (tmp_path / "f.parquet").write_bytes(encode(rows, schema, row_group_rows=2))
    found = duckdb.sql(f"SELECT _seq FROM '{tmp_path}/f.parquet' WHERE v IS NULL")
    assert len(found.fetchall()) == 1


def test_a_column_without_nan_keeps_its_bounds_in_the_footer() -> None:
    rows, schema = events({"v": pa.array([1.5, 2.5]), "w": pa.array([math.nan, 2.5])})
    footer = pq.ParquetFile(pa.BufferReader(encode(rows, schema, row_group_rows=10))).metadata.row_group(0)
    bounded = {
        footer.column(i).path_in_schema: footer.column(i).is_stats_set for i in range(footer.num_columns)
    }
    assert bounded["v"]
    assert bounded["_time"]
    assert not bounded["w"]
