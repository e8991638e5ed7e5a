"""Files that nobody wrote for this project, value by value against Python's own readers."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from thermocline.core.types import JSON, type_name
from thermocline.tiers.intake.files.read import read_file
from thermocline.tiers.intake.normalise import normalise

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not here")

STELLAR = ("effects", "ledgers", "operations", "token_transfers", "trades", "transactions")


def read(path: Path, **options: Any) -> pa.Table:
    return pa.concat_tables(read_file(path, **options))


@pytest.mark.parametrize("name", STELLAR)
def test_every_value_of_the_ledger_rows_comes_back(name: str) -> None:
    path = DATA / "stellar" / f"{name}.ndjson.gz"
    with gzip.open(path) as lines:
        expected = [json.loads(line) for line in lines]
    table = read(path, event_time="ledger_closed_at" if name == "trades" else "closed_at")
    assert table.num_rows == len(expected)
    for column in table.schema:
        if column.name.startswith("_"):
            continue
        values = table.column(column.name).to_pylist()
        if column.type == JSON:
            values = [None if v is None else json.loads(v) for v in values]
        given = [row.get(column.name) for row in expected]
        assert [(type(v), v) for v in values if not isinstance(v, float)] == [
            (type(v), v) for v, read in zip(given, values, strict=True) if not isinstance(read, float)
        ]
        assert values == given
    assert normalise(table, None).rows == len(expected)


def test_flights_take_their_time_from_their_date() -> None:
    path = DATA / "real" / "flights-20k.json"
    table = read(path, event_time="date")
    expected = json.loads(path.read_text())
    assert table.column("delay").to_pylist() == [row["delay"] for row in expected]
    assert [f"{time:%Y/%m/%d %H:%M}" for time in table.column("_time").to_pylist()] == [
        row["date"] for row in expected
    ]


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("birdstrikes.csv", {"Flight Date": "DATE", "Cost Total $": "BIGINT", "Wildlife Size": "VARCHAR"}),
        ("sp500-2000.csv", {"date": "DATE", "open": "DOUBLE", "volume": "BIGINT"}),
    ],
)
def test_every_value_of_the_csv_files_comes_back(name: str, types: dict[str, str]) -> None:
    path = DATA / "real" / name
    with path.open(newline="") as lines:
        expected = list(csv.DictReader(lines))
    table = read(path)
    assert table.num_rows == len(expected)
    for column, type in types.items():
        assert type_name(table.schema.field(column).type) == type
    for column in table.schema.names[1:]:
        for given, value in zip(
            (row[column] for row in expected), table.column(column).to_pylist(), strict=True
        ):
            if isinstance(value, float):
                assert float(given) == value
            else:
                assert given == ("" if value is None else str(value))
