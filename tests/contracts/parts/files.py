"""Importing files: formats, types from the whole file, reruns, malformed records."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from thermocline.core.errors import Invalid, NotFound
from thermocline.core.protocols import Database
from thermocline.core.results import Imported

from .base import Contract, count, refused

ROWS = [{"k": "a", "n": 2**53 + 1, "at": "2001/01/01 00:47"}, {"k": "ä", "n": None, "at": "2001/02/01 10:00"}]
CSV = f"k,n,at\na,{2**53 + 1},2001/01/01 00:47\nä,,2001/02/01 10:00\n"


def write(folder: Path, kind: str) -> Path:
    path = folder / f"rows.{kind}"
    text = {
        "csv": CSV,
        "ndjson": "".join(json.dumps(row) + "\n" for row in ROWS),
        "json": json.dumps(ROWS),
    }
    if kind == "csv.gz":
        path.write_bytes(gzip.compress(CSV.encode()))
    elif kind == "parquet":
        pyarrow.parquet.write_table(pa.Table.from_pylist(ROWS), path)
    elif kind == "arrow":
        pyarrow.feather.write_feather(pa.Table.from_pylist(ROWS), path, compression="uncompressed")
    else:
        path.write_text(text[kind])
    return path


class Files(Contract):
    @pytest.mark.parametrize("kind", ["csv", "csv.gz", "ndjson", "json", "parquet", "arrow"])
    def test_a_file_becomes_a_table(self, shop: Database, tmp_path: Path, kind: str) -> None:
        done = shop.import_file(write(tmp_path, kind), "rows", event_time="at")
        assert isinstance(done, Imported)
        assert (done.table, done.rows, done.duplicates, done.quarantined) == ("rows", 2, 0, 0)
        assert shop.sql("select k, n, _time from rows order by _seq").rows() == [
            ("a", 2**53 + 1, datetime(2001, 1, 1, 0, 47, tzinfo=UTC)),
            ("ä", None, datetime(2001, 2, 1, 10, tzinfo=UTC)),
        ]

    def test_a_path_may_be_text(self, shop: Database, tmp_path: Path) -> None:
        assert shop.import_file(str(write(tmp_path, "csv")), "rows").rows == 2

    def test_a_rerun_doubles_nothing(self, shop: Database, tmp_path: Path) -> None:
        path = write(tmp_path, "csv")
        shop.import_file(path, "rows")
        shop.archive("rows")
        again = shop.import_file(path.rename(tmp_path / "moved.csv"), "rows")
        assert (again.rows, again.duplicates) == (0, 2)
        assert count(shop, "rows") == 2

    def test_a_column_gives_the_ids(self, shop: Database, tmp_path: Path) -> None:
        shop.import_file(write(tmp_path, "csv"), "rows", id="k")
        assert shop.sql("select _id from rows order by _seq").rows() == [("a",), ("ä",)]

    def test_the_types_come_from_the_whole_file(self, shop: Database, tmp_path: Path) -> None:
        path = tmp_path / "late.csv"
        path.write_text("n\n" + "1\n" * 60_000 + "2.5\n")
        shop.import_file(path, "t")
        assert shop.schema("t").field("n").type == pa.float64()
        assert count(shop, "t") == 60_001

    def test_a_malformed_record_stops_it_with_its_line(self, shop: Database, tmp_path: Path) -> None:
        path = tmp_path / "bad.ndjson"
        path.write_text('{"n": 1}\n{"n": 2\n{"n": 3}\n')
        with refused(Invalid, "bad.ndjson", "line 2"):
            shop.import_file(path, "t")
        assert shop.tables() == []

    def test_malformed_records_can_be_kept_aside(self, shop: Database, tmp_path: Path) -> None:
        path = tmp_path / "bad.ndjson"
        path.write_text('{"n": 1}\n{"n": 2\n{"n": 3}\n')
        done = shop.import_file(path, "t", on_error="quarantine")
        assert (done.rows, done.quarantined) == (2, 1)
        assert done.quarantine_file
        assert shop.sql("select n from t order by n").rows() == [(1,), (3,)]

    @pytest.mark.parametrize(
        ("options", "kind"),
        [({"event_time": "nope"}, NotFound), ({"id": "nope"}, NotFound), ({"on_error": "ignore"}, Invalid)],
        ids=["event_time", "id", "on_error"],
    )
    def test_wrong_options_are_refused(
        self, shop: Database, tmp_path: Path, options: dict[str, Any], kind: type[NotFound]
    ) -> None:
        with refused(kind):
            shop.import_file(write(tmp_path, "csv"), "rows", **options)
        assert shop.tables() == []

    def test_a_missing_file_is_not_found(self, shop: Database, tmp_path: Path) -> None:
        with refused(NotFound, "nowhere.csv"):
            shop.import_file(tmp_path / "nowhere.csv", "rows")

    def test_a_file_of_no_known_kind_is_refused(self, shop: Database, tmp_path: Path) -> None:
        path = tmp_path / "picture.png"
        path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
        with refused(Invalid, "picture.png"):
            shop.import_file(path, "rows")

    def test_progress_of_an_import_is_told(self, shop: Database, tmp_path: Path) -> None:
        told: list[tuple[str, int, int | None]] = []
        shop.import_file(write(tmp_path, "csv"), "rows", progress=lambda *step: told.append(step))
        assert told
