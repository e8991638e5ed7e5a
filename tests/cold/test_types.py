"""pyiceberg and DuckDB, without us, read exactly the rows that were archived."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from thermocline.core.types import parse_type

from .lake import ColdLake, events, table

AT = datetime(2026, 5, 1, 12, 30, 15, 123456)
ID = uuid.UUID("12345678-1234-5678-1234-567812345678")

VALUES: dict[str, Any] = {
    "BOOLEAN": True,
    "INTEGER": -7,
    "BIGINT": 2**60 + 1,
    "FLOAT": 0.5,
    "DOUBLE": 1 / 3,
    "DECIMAL(9,2)": Decimal("-1.25"),
    "DECIMAL(18,4)": Decimal("12345678901234.5678"),
    "DECIMAL(38,5)": Decimal("123456789012345678901234567890.12345"),
    "VARCHAR": "häuser",
    "BLOB": b"\x00\xff",
    "DATE": date(1969, 12, 31),
    "TIME": time(23, 59, 59, 999999),
    "TIMESTAMP": AT,
    "TIMESTAMPTZ": AT.replace(tzinfo=UTC),
    "BIGINT[]": [1, None, 3],
    "STRUCT(a BIGINT, b VARCHAR[])": {"a": 1, "b": ["x"]},
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_of_each_type_and_null_come_back(lake: ColdLake, name: str) -> None:
    of = table(v=parse_type(name))
    column = pa.array([VALUES[name], None], parse_type(name))
    lake.archive(of, events(of, [1, 2], v=column))
    read = lake.alone().scan().to_arrow().sort_by("_seq")
    assert read["v"].to_pylist() == [VALUES[name], None]
    assert read["v"].type == parse_type(name)


def test_json_is_text_to_iceberg(lake: ColdLake) -> None:
    of = table(v=parse_type("JSON"))
    lake.archive(of, events(of, [1], v=pa.array(['{"a": 1}']).cast(parse_type("JSON"))))
    assert lake.alone().scan().to_arrow()["v"].to_pylist() == ['{"a": 1}']


def test_uuids_are_uuids_to_iceberg_and_to_duckdb(lake: ColdLake) -> None:
    of = table(v=parse_type("UUID"))
    column = pa.array([ID.bytes], pa.binary(16)).cast(parse_type("UUID"))
    (file,) = lake.archive(of, events(of, [1], v=column)).added
    assert lake.alone().scan().to_arrow()["v"].to_pylist() == [ID]
    relation = duckdb.connect().read_parquet(str(lake.path(file.key)))
    assert relation.select("typeof(v), v").fetchall() == [("UUID", ID)]


def test_a_vector_is_a_list_of_floats_to_others(lake: ColdLake) -> None:
    of = table(v=parse_type("FLOAT[3]"))
    column = pa.array([[1.0, -0.5, 3.25], None], parse_type("FLOAT[3]"))
    (file,) = lake.archive(of, events(of, [1, 2], v=column)).added
    read = lake.alone().scan().to_arrow().sort_by("_seq")["v"]
    assert read.type.value_type == pa.float32()
    assert read.to_pylist() == [[1.0, -0.5, 3.25], None]
    relation = duckdb.connect().read_parquet(str(lake.path(file.key)))
    assert set(relation.select("typeof(v)").fetchall()) == {("FLOAT[]",)}


def test_a_list_of_structs_comes_back(lake: ColdLake) -> None:
    of = table(v=parse_type("STRUCT(a BIGINT)[]"))
    column = pa.array([[{"a": 1}, None], None], parse_type("STRUCT(a BIGINT)[]"))
    (file,) = lake.archive(of, events(of, [1, 2], v=column)).added
    # pyiceberg 0.12 itself reads a null list of structs as an empty one; the file says null.
    assert lake.alone().scan("_seq = 1").to_arrow()["v"].to_pylist() == [[{"a": 1}, None]]
    relation = duckdb.connect().read_parquet(str(lake.path(file.key)))
    assert relation.select("v").fetchall() == [([{"a": 1}, None],), (None,)]


def test_the_envelope_is_archived_too(lake: ColdLake) -> None:
    of = table(n=pa.int64())
    rows = events(of, [1, 2, 3], n=pa.array([5, 6, 7]))
    lake.archive(of, rows)
    assert lake.alone().scan().to_arrow().sort_by("_seq").to_pylist() == rows.to_pylist()


def test_column_names_may_hold_anything(lake: ColdLake) -> None:
    names = ["Effect: Amount of damage", "a.b", 'quo"ted', "ünïcode", "select", "1st"]
    of = table(**dict.fromkeys(names, pa.int64()))
    rows = events(of, [1], **{name: pa.array([at]) for at, name in enumerate(names)})
    lake.archive(of, rows)
    read = lake.alone().scan().to_arrow()
    assert {name: read[name].to_pylist() for name in names} == {n: [at] for at, n in enumerate(names)}


def test_iceberg_filters_on_columns_by_our_statistics(lake: ColdLake) -> None:
    of = table(n=pa.int64(), city=pa.string())
    for seq in (1, 2):
        lake.archive(of, events(of, [seq], n=pa.array([seq * 10]), city=pa.array([f"c{seq}"])))
    found = lake.alone().scan("n = 20 and city = 'c2'")
    assert len(list(found.plan_files())) == 1
    assert found.to_arrow()["_seq"].to_pylist() == [2]


def test_long_text_has_no_bounds_and_is_read_all_the_same(
    lake: ColdLake, caplog: pytest.LogCaptureFixture
) -> None:
    of = table(v=pa.string())
    lake.archive(of, events(of, range(1, 1502), v=pa.array(["a"] * 1500 + ["x" * 10_000])))
    assert caplog.records == []  # pyiceberg would warn of it on the user's terminal
    assert lake.alone().scan(f"v = '{'x' * 10_000}'").to_arrow().num_rows == 1
