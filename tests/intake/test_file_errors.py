"""Damaged files and malformed records are named by file, line and field, or kept in quarantine."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from thermocline.core.errors import Invalid, NotFound
from thermocline.core.schema import Schema, new_schema
from thermocline.tiers.intake.files.read import read_file

WHOLE_NUMBERS = new_schema([("a", pa.int64())])

CASES: list[tuple[str, bytes, Schema | None, str, list[Any]]] = [
    ("a.csv", b"a,b\n1,x\n2\n3,z\n", None, "line 3: 1 fields, while the header has 2", [1, 3]),
    ("a.csv", b'a,b\n1,x\n2,"y"z\n3,z\n', None, "line 3: malformed CSV", [1, 3]),
    ("a.csv", b"a,b\n1,x\n2,\xff\n3,z\n", None, "line 3: bytes that are not UTF-8", [1, 3]),
    ("a.csv", b'a,b\n1,"x\ny"\nfour,y\n3,z\n', WHOLE_NUMBERS, "line 4, field `a`: text 'four'", [1, 3]),
    ("a.csv", b'a,b\n1,x\n3,z\n4,"q\n', None, "line 4: malformed CSV", [1, 3]),
    ("a.ndjson", b'{"a":1}\n\n{"a":\n{"a":3}\n', None, "line 3: ", [1, 3]),
    ("a.ndjson", b'{"a":1}\n[2]\n{"a":3}\n', None, "line 2: not a JSON object", [1, 3]),
    ("a.ndjson", b'{"a":1}\n{"a":NaN}\n{"a":3}\n', None, "line 2: ", [1, 3]),
    ("a.ndjson", b'{"a":1}\n{"a":1e400}\n{"a":3}\n', None, "line 2: ", [1, 3]),
    ("a.ndjson", b'{"a":1}\n{"a":123456789012345678901,"b":NaN}\n{"a":3}\n', None, "line 2: ", [1, 3]),
    ("a.ndjson", b'{"a":1}\n{"a":"\xff"}\n{"a":3}\n', None, "line 2: ", [1, 3]),
    ("a.ndjson", b'{"a":1}\n{"a":2.5}\n{"a":3}\n', WHOLE_NUMBERS, "line 2, field `a`: the float 2.5", [1, 3]),
    ("a.json", b'[{"a":1}, 5, {"a":3}]', None, "row 2: not a JSON object", [1, 3]),
    ("a.json", b'[{"a":1}, {"a":"x"}, {"a":3}]', WHOLE_NUMBERS, "row 2, field `a`: text 'x'", [1, 3]),
]


@pytest.mark.parametrize(("name", "content", "schema", "message"), [case[:4] for case in CASES])
def test_a_malformed_record_stops_the_import_by_file_line_and_field(
    tmp_path: Path, name: str, content: bytes, schema: Schema | None, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Invalid) as caught:
        list(read_file(path, schema=schema))
    assert caught.value.message.startswith(f"{path}, {message}")
    assert caught.value.hint


@pytest.mark.parametrize(("name", "content", "schema", "message", "kept"), CASES)
def test_a_quarantine_keeps_it_with_its_reason_and_the_rest_goes_in(
    tmp_path: Path, name: str, content: bytes, schema: Schema | None, message: str, kept: list[Any]
) -> None:
    path, aside = tmp_path / name, tmp_path / "aside.ndjson"
    path.write_bytes(content)
    batches = read_file(path, schema=schema, on_error="quarantine", quarantine=aside)
    for _ in range(2):
        assert [row["a"] for table in batches for row in table.to_pylist()] == kept
        assert (batches.quarantined, batches.quarantine_file) == (1, aside)
        (bad,) = map(orjson.loads, aside.read_bytes().splitlines())
        assert message.endswith(bad["reason"]) or bad["reason"].startswith(message.split(": ")[1])
        assert bad["content"]


def test_ids_do_not_depend_on_what_is_done_with_malformed_records(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text('{"a":1}\nbroken\n{"a":3}\n')
    (table,) = read_file(path, on_error="quarantine", quarantine=tmp_path / "q")
    assert [id.rpartition("-")[2] for id in table.column("_id").to_pylist()] == ["000000001", "000000003"]


def test_nothing_is_delivered_of_a_file_that_is_malformed_further_down(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text('{"a":1}\n' * 60_000 + "broken")
    with pytest.raises(Invalid, match="line 60001"):
        read_file(path)


def test_no_quarantine_file_appears_without_need(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text('{"a":1}\n')
    batches = read_file(path, on_error="quarantine", quarantine=tmp_path / "q")
    assert sum(table.num_rows for table in batches) == 1
    assert batches.quarantine_file is None
    assert not (tmp_path / "q").exists()


def test_several_fields_that_do_not_fit_are_all_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "a,day,key\n1,2026-01-01,k1\nx,2026-01-02,k2\n3,never,k3\n4,2026-01-04,\n5,2026-01-05,k5\n"
    )
    batches = read_file(
        path, schema=WHOLE_NUMBERS, event_time="day", id_column="key",
        on_error="quarantine", quarantine=tmp_path / "q",
    )  # fmt: skip
    assert [row["_id"] for table in batches for row in table.to_pylist()] == ["k1", "k5"]
    fields = {bad["line"]: bad["field"] for bad in map(json.loads, (tmp_path / "q").read_text().splitlines())}
    assert fields == {3: "a", 4: "day", 5: "key"}


@pytest.mark.parametrize("option", ["event_time", "id_column"])
def test_a_row_without_the_instant_or_id_it_needs_stops_the_import(tmp_path: Path, option: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("v\n2001-01-01\nsoon\n" if option == "event_time" else 'v,w\nx,1\n"",2\n')
    with pytest.raises(Invalid, match="line 3, field `v`"):
        list(read_file(path, **{option: "v"}))


def test_parquet_rows_that_do_not_fit_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": ["1", "2"]}), path)
    with pytest.raises(Invalid, match=r"row 1, field `a`: text '1' does not fit BIGINT"):
        list(read_file(path, schema=WHOLE_NUMBERS))


def good_parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": list(range(1000))}), sink)
    return bytes(sink.getvalue())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("a.csv", b"\n\n", "no header"),
        ("a.csv", b"a,\xff\n1,2\n", "UTF-8"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        ("a.csv.gz", gzip.compress(b"a\n" + b"1\n" * 9000, mtime=0)[:-20], "damaged gzip"),
        ("a.csv.gz", gzip.compress(b"a\n1\n", mtime=0) + b"rubbish", "damaged gzip"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0", "no file of a known kind"),
        ("a.json", b'[{"a":1}', "a broken JSON array after row 1"),
        ("a.json", b'[{"a":1} {"a":2}]', "a broken JSON array after row 1"),
        ("a.json", b'[{"a":1},]', "a broken JSON array after row 1"),
        ("a.json", b'[{"a":1}]]', "text follows"),
        ("a.json", b'[{"a":1}, {"a":NaN}]', "a broken JSON array after row 1"),
        ("a.json", b'[{"a":"\xff"}]', "UTF-8"),
        ("a.parquet", good_parquet()[:-10], "cannot be read as Parquet"),
        ("a.arrow", b"ARROW1\0\0rubbish", "cannot be read as an Arrow file"),
    ],
)
@pytest.mark.parametrize("quarantine", [False, True])
def test_a_damaged_file_has_no_effect(
    tmp_path: Path, name: str, content: bytes, message: str, quarantine: bool
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    options: dict[str, Any] = {"on_error": "quarantine", "quarantine": tmp_path / "q"} if quarantine else {}
    with pytest.raises(Invalid, match=message) as caught:
        read_file(path, **options)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no file"):
        read_file(tmp_path / "none.csv")
    with pytest.raises(Invalid, match="is a directory"):
        read_file(tmp_path)


def test_a_file_that_changes_between_the_passes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    batches = read_file(path)
    path.write_text("a\n1\n2\n")
    with pytest.raises(Invalid, match="changed"):
        list(batches)


@pytest.mark.parametrize(("on_error", "quarantine"), [("skip", None), ("quarantine", None), ("stop", "q")])
def test_on_error_and_quarantine_go_together(tmp_path: Path, on_error: str, quarantine: str | None) -> None:
    with pytest.raises(Invalid):
        read_file(tmp_path / "a.csv", on_error=on_error, quarantine=quarantine)
