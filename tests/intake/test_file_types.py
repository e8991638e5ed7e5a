"""The columns of a file get types that hold every value of the whole file."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from thermocline.core.schema import new_schema
from thermocline.core.types import parse_type, type_name
from thermocline.tiers.intake.files.read import read_file


def read(path: Path, **options: Any) -> tuple[dict[str, str], dict[str, list[Any]]]:
    """The types and the values of a file, without ids."""
    batches = read_file(path, **options)
    columns: dict[str, list[Any]] = {}
    for table in batches:
        for name, values in table.drop_columns(["_id"]).to_pydict().items():
            columns.setdefault(name, []).extend(values)
    return {name: type_name(type) for name, type in batches.types.items()}, columns


def csv_column(folder: Path, *texts: str, **options: Any) -> tuple[str, list[Any]]:
    path = folder / "column.csv"
    path.write_text("v,w\n" + "".join(f"{text},\n" for text in texts))
    types, columns = read(path, **options)
    return types["v"], columns["v"]


def json_column(folder: Path, *values: Any, **options: Any) -> tuple[str, list[Any]]:
    path = folder / "column.ndjson"
    path.write_text("".join(json.dumps({"v": value}) + "\n" for value in values))
    types, columns = read(path, **options)
    return types["v"], columns["v"]


@pytest.mark.parametrize(
    ("texts", "type"),
    [
        (["true", "", "FALSE"], "BOOLEAN"),
        (["0", "-5", "9223372036854775807", ""], "BIGINT"),
        (["1", "2.5", "1e3", "NaN", "-inf"], "DOUBLE"),
        (["2026-11-01", "2026/1/2"], "DATE"),
        (["2026-11-01", "2026-11-01 10:00"], "TIMESTAMP"),
        (["2001/01/01 00:47", "2026-11-01T10:00:00.25"], "TIMESTAMP"),
        (["2026-11-01T10:00:00Z", "2026-11-01 12:00+02:00"], "TIMESTAMPTZ"),
        (["007", "8"], "VARCHAR"),
        (["+491234", "5"], "VARCHAR"),
        (["9223372036854775808"], "VARCHAR"),
        (["9007199254740993", "0.5"], "VARCHAR"),
        (["0.12345678901234567890"], "VARCHAR"),
        (["1e999"], "VARCHAR"),
        (["1", "true"], "VARCHAR"),
        (["2026-02-30"], "VARCHAR"),
        (["2026-11-01T10:00:00.1234567"], "VARCHAR"),
        (["2026-11-01T10:00:00Z", "2026-11-01T10:00:00"], "VARCHAR"),
        (["1", "NA"], "VARCHAR"),
        (["", ""], "NULL"),
    ],
)
def test_a_csv_column_gets_the_narrowest_type_that_keeps_every_value(
    tmp_path: Path, texts: list[str], type: str
) -> None:
    found, values = csv_column(tmp_path, *texts)
    assert found == type
    if type == "VARCHAR":
        assert values == texts
    assert [v is None for v in values] == [text == "" for text in texts]


def test_the_last_line_of_a_file_can_decide_its_types(tmp_path: Path) -> None:
    assert csv_column(tmp_path, *["1"] * 60_000, "x")[0] == "VARCHAR"
    assert json_column(tmp_path, *[1] * 60_000, 2.5)[0] == "DOUBLE"


@pytest.mark.parametrize(
    ("values", "type", "read"),
    [
        ([True, None], "BOOLEAN", [True, None]),
        ([2**63 - 1, 132379546422046721], "BIGINT", [2**63 - 1, 132379546422046721]),
        ([2**64, 1], "DECIMAL(38,0)", [2**64, 1]),
        ([10**40], "VARCHAR", [str(10**40)]),
        ([1, 2.5], "DOUBLE", [1.0, 2.5]),
        ([2**53 + 1, 0.5], "VARCHAR", ["9007199254740993", "0.5"]),
        (["2026-11-01"], "VARCHAR", ["2026-11-01"]),
        ([17, "17", True], "VARCHAR", ["17", "17", "true"]),
        ([{"n": 2**70}, [1], "a", 5], "JSON", [f'{{"n":{2**70}}}', "[1]", '"a"', "5"]),
        ([None], "NULL", [None]),
    ],
)
def test_a_json_field_gets_a_type_that_keeps_every_value(
    tmp_path: Path, values: list[Any], type: str, read: list[Any]
) -> None:
    assert json_column(tmp_path, *values) == (type, read)


def test_a_json_array_reads_as_the_same_lines_do(tmp_path: Path) -> None:
    records = [{"a": n, "b": 2**70 + n, "c": [n, {"d": "},{"}]} for n in range(30_000)]
    lines, array = tmp_path / "a.ndjson", tmp_path / "b.json"
    lines.write_text("\n".join(map(json.dumps, records)))
    array.write_text(json.dumps(records, indent=1))
    assert read(array) == read(lines)
    assert len(read(array)[1]["a"]) == 30_000


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("VARCHAR", "5", "5"),
        ("DOUBLE", "5", 5.0),
        ("BIGINT", "007", 7),
        ("DECIMAL(4,2)", "5", Decimal("5.00")),
        ("BOOLEAN", "1", True),
        ("BIGINT[]", '"[1,2]"', [1, 2]),
        ("TIMESTAMP", "1970-01-02", datetime(1970, 1, 2)),
    ],
)
def test_the_types_of_an_existing_table_hold(tmp_path: Path, type: str, text: str, value: Any) -> None:
    schema = new_schema([("V", parse_type(type))])
    assert csv_column(tmp_path, text, "", schema=schema) == (type, [value, None])


def test_a_rerun_reads_a_mixed_field_into_the_column_that_the_first_run_made(tmp_path: Path) -> None:
    schema = new_schema([("v", parse_type("VARCHAR"))])
    assert json_column(tmp_path, 17, "17", schema=schema) == ("VARCHAR", ["17", "17"])
