"""Every format, packed or not, gives its rows with ids that a rerun repeats."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from thermocline.core.errors import NotFound
from thermocline.tiers.intake.files.read import read_file
from thermocline.tiers.intake.normalise import normalise

ROWS = [{"name": f"n{n}", "when": f"2001/01/{n % 28 + 1:02} 00:47", "size": n} for n in range(250)]


def as_csv(path: Path) -> None:
    path.write_text("name,when,size\n" + "".join(f"{r['name']},{r['when']},{r['size']}\n" for r in ROWS))


def as_ndjson(path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))


def as_json(path: Path) -> None:
    path.write_text(json.dumps(ROWS))


def as_parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=90)


def as_arrow_file(path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=90)


def as_arrow_stream(path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=90)


FORMATS: list[tuple[str, Callable[[Path], None]]] = [
    ("a.csv", as_csv),
    ("a.ndjson", as_ndjson),
    ("a.jsonl", as_ndjson),
    ("lines.json", as_ndjson),
    ("array.json", as_json),
    ("a.parquet", as_parquet),
    ("a.arrow", as_arrow_file),
    ("a.arrows", as_arrow_stream),
    ("no-suffix", as_ndjson),
]


def rows_of(path: Path, **options: Any) -> list[dict[str, Any]]:
    return [row for table in read_file(path, **options) for row in table.to_pylist()]


@pytest.mark.parametrize(("name", "write"), FORMATS)
def test_a_format_gives_its_rows_packed_or_not(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    path = tmp_path / name
    write(path)
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    rows = rows_of(path, batch_rows=100, event_time="when")
    assert len({row["_id"] for row in rows}) == 250
    assert rows[9]["_time"] == datetime(2001, 1, 10, 0, 47, tzinfo=UTC)
    assert [(row["name"], row["size"]) for row in rows] == [(row["name"], row["size"]) for row in ROWS]
    assert rows_of(packed, event_time="when") == rows, "the ids are of the content"


@pytest.mark.parametrize(("name", "write"), FORMATS)
def test_batches_are_no_larger_than_asked_for_and_can_be_appended(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    tables = list(read_file(tmp_path / name, batch_rows=100, event_time="when"))
    assert max(table.num_rows for table in tables) <= 100
    batch = normalise(tables[0], None)
    assert set(batch.envelope) == {"_id", "_time"}
    assert set(batch.payload) == {"name", "when", "size"}


def test_iterating_again_gives_the_same(tmp_path: Path) -> None:
    as_csv(tmp_path / "a.csv")
    batches = read_file(tmp_path / "a.csv")
    assert pa.concat_tables(batches) == pa.concat_tables(batches)


def test_a_changed_file_has_other_ids(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n2\n")
    before = {row["_id"] for row in rows_of(path)}
    path.write_text("a\n1\n3\n")
    assert not before & {row["_id"] for row in rows_of(path)}


def test_ids_can_come_from_a_column(tmp_path: Path) -> None:
    as_csv(tmp_path / "a.csv")
    assert rows_of(tmp_path / "a.csv", id_column="SIZE")[7]["_id"] == "7"
    assert rows_of(tmp_path / "a.csv", id_column="name")[7]["_id"] == "n7"


@pytest.mark.parametrize("option", ["id_column", "event_time"])
def test_an_unknown_column_is_not_found(tmp_path: Path, option: str) -> None:
    as_csv(tmp_path / "a.csv")
    with pytest.raises(NotFound, match="`nam`") as caught:
        read_file(tmp_path / "a.csv", **{option: "nam"})
    assert "`name`" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b'\xef\xbb\xbfa,b\r\n1,"x\r\ny"\r\n\r\n2,"a ""b"""\r\n', [(1, "x\r\ny"), (2, 'a "b"')]),
        (b"a;b\n1;x,y\n", [(1, "x,y")]),
        (b"a\tb\n1\tx\n", [(1, "x")]),
        (b"a,b\n1,x", [(1, "x")]),
        (b"a,b\n1,\xc3\xa9\n", [(1, "\u00e9")]),
        (b"a,b\r1,x\r2,y\r", [(1, "x"), (2, "y")]),
        (b"a,b\n", []),
        (b"a,b", []),
    ],
)  # fmt: skip
def test_csv_as_people_write_it(tmp_path: Path, content: bytes, rows: list[Any]) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert [(row["a"], row["b"]) for row in rows_of(path)] == rows


@pytest.mark.parametrize(
    "content",
    [
        b'\xef\xbb\xbf{"a":1}\r\n\r\n{"a":2}',
        b' [ {"a":1} , {"a":2} ] \n',
        b'\xef\xbb\xbf[{"a":1},\n{"a":2}]',
    ],
)
def test_json_as_people_write_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert [row["a"] for row in rows_of(path)] == [1, 2]


def test_an_empty_array_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[]")
    assert rows_of(path) == []


def test_names_that_cannot_be_columns_are_replaced_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("_id,,Price,price,id,Cost $\n1,2,3,4,5,6\n")
    batches = read_file(path)
    assert list(batches.types) == ["id_2", "column_2", "Price", "price_2", "id", "Cost $"]
    assert batches.renamed == {"id_2": "_id", "column_2": "", "price_2": "price"}
    path = tmp_path / "a.ndjson"
    path.write_text('{"a": 1}\n{"A": 2, "_x": 3}\n')
    assert read_file(path).renamed == {"A_2": "A", "x": "_x"}


def test_progress_counts_the_bytes_of_the_file(tmp_path: Path) -> None:
    as_csv(tmp_path / "a.csv")
    size = (tmp_path / "a.csv").stat().st_size
    calls: list[tuple[str, int, int | None]] = []
    list(read_file(tmp_path / "a.csv", progress=lambda *call: calls.append(call)))
    assert calls == [("types", size, size), ("rows", size, size)]
