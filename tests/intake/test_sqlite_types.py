"""What a column of a SQLite file becomes: by its values, and by its declaration where there are none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from thermocline.core.errors import Invalid
from thermocline.core.schema import new_schema
from thermocline.core.types import parse_type
from thermocline.tiers.intake.files.read import Wishes
from thermocline.tiers.intake.files.several import open_tables

from .sqlite_made import column


def values_of(path: Path, wishes: Wishes | None = None) -> pa.ChunkedArray:
    with open_tables(path) as file:
        assert file is not None
        (table,) = file.tables
        batches = list(file.read(table, wishes or Wishes()))
        if not batches:
            return pa.chunked_array([], file.read(table, Wishes()).types["c"])
        return pa.concat_tables(batches)["c"]


@pytest.mark.parametrize(
    ("declared", "given", "type", "read"),
    [
        ("VARCHAR", [], pa.string(), []),
        ("", [1, None, 2**62], pa.int64(), [1, None, 2**62]),
        ("", [1, 2.5], pa.float64(), [1.0, 2.5]),
        ("", [2**53 + 1, 2.5], pa.string(), ["9007199254740993", "2.5"]),
        ("INT", [1, "", None], pa.int64(), [1, None, None]),
        ("INT", [1, "one"], pa.string(), ["1", "one"]),
        ("TEXT", ["a", "", None], pa.string(), ["a", "", None]),
        ("TEXT", ["007"], pa.string(), ["007"]),
        ("BOOLEAN", [0, 1], pa.int64(), [0, 1]),
        ("DATE", ["2019-01-31", ""], pa.date32(), [date(2019, 1, 31), None]),
        ("DATETIME", ["2019-01-31 10:00:00"], pa.timestamp("us"), [datetime(2019, 1, 31, 10)]),
        ("DATE", ["2019-01-31", "2019-02-01 10:00"], pa.timestamp("us"), None),
        ("DATE", ["2019-01-31", "soon"], pa.string(), ["2019-01-31", "soon"]),
        ("DATE", ["2019-02-30"], pa.string(), ["2019-02-30"]),
        ("DATE", [20190131], pa.int64(), [20190131]),
        ("TEXT", ["2019-01-31"], pa.string(), ["2019-01-31"]),
        ("TIME", ["10:00:00"], pa.string(), ["10:00:00"]),
        ("BLOB", [b"\xff\x00", None, "text"], pa.binary(), [b"\xff\x00", None, b"text"]),
        ("BLOB", ["täxt".encode(), None], pa.string(), ["täxt", None]),
        ("INT", ["", None], pa.int64(), [None, None]),
        ("VARCHAR", ["", None], pa.string(), ["", None]),
        ("", [None], pa.null(), [None]),
    ],
)
def test_values_decide(
    tmp_path: Path, declared: str, given: list[Any], type: pa.DataType, read: list[Any] | None
) -> None:
    found = values_of(column(tmp_path / "a.sqlite", declared, given))
    assert found.type == type
    assert read is None or found.to_pylist() == read


@pytest.mark.parametrize(
    ("declared", "type"),
    [
        ("INTEGER", "BIGINT"),
        ("VARCHAR(20)", "VARCHAR"),
        ("NUMERIC(10,2)", "DOUBLE"),
        ("REAL", "DOUBLE"),
        ("DATE", "DATE"),
        ("DATETIME", "TIMESTAMP"),
        ("BLOB", "BLOB"),
        ("POLYGON", "VARCHAR"),
    ],
)
def test_without_values_the_declaration_decides(tmp_path: Path, declared: str, type: str) -> None:
    assert values_of(column(tmp_path / "a.sqlite", declared, [])).type == parse_type(type)


def test_bytes_that_are_no_text_are_replaced_in_text(tmp_path: Path) -> None:
    path = column(tmp_path / "a.sqlite", "TEXT", ["x"])
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE t SET c = CAST(X'41E942' AS TEXT)")
        db.commit()
    assert values_of(path).to_pylist() == ["A�B"]


@pytest.mark.parametrize(
    ("type", "given", "read"),
    [
        ("VARCHAR", [1, 2.5], ["1", "2.5"]),
        ("DOUBLE", [1, ""], [1.0, None]),
        ("BOOLEAN", [0, 1], [False, True]),
        ("TIMESTAMP", ["2019-01-31"], [datetime(2019, 1, 31)]),
        ("FLOAT[2]", ["[1, 2]"], [[1.0, 2.0]]),
        ("BLOB", ["a"], [b"a"]),
    ],
)
def test_the_types_of_a_table_that_is_there_hold(
    tmp_path: Path, type: str, given: list[Any], read: list[Any]
) -> None:
    wishes = Wishes(schema=new_schema([("c", parse_type(type))]))
    assert values_of(column(tmp_path / "a.sqlite", "", given), wishes).to_pylist() == read


def test_a_value_that_does_not_fit_that_table_is_named(tmp_path: Path) -> None:
    path = column(tmp_path / "a.sqlite", "", [1, "two"])
    with pytest.raises(Invalid, match=r"row 2, field `c`.*'two'"):
        values_of(path, Wishes(schema=new_schema([("c", pa.int64())])))
