"""SQLite files: which tables they hold, by which names, with which keys, and which files are refused."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from thermocline.core.errors import Invalid, NotFound
from thermocline.core.keys import Keys, Reference
from thermocline.tiers.intake.files.names import valid_table_names
from thermocline.tiers.intake.files.read import Wishes
from thermocline.tiers.intake.files.several import open_tables

from .sqlite_made import make


def ids(path: Path, table: str) -> list[str]:
    with open_tables(path) as file:
        assert file is not None
        (found,) = file.chosen(table)
        return [i for batch in file.read(found, Wishes(batch_rows=2)) for i in batch["_id"].to_pylist()]


def test_tables_have_names_that_are_valid_here_and_keys_in_these(tmp_path: Path) -> None:
    with open_tables(make(tmp_path / "shop.db")) as file:
        assert file is not None
        told = {table.name: table.keys for table in file.tables}
    assert told == {
        "Ref_Colors": Keys(("color_code",)),
        "products": Keys(("id",), (Reference(("color",), "Ref_Colors"),)),
        "t_2019_sales": Keys(("number", "store"), (Reference(("product",), "products", ("id",)),)),
        "empty": Keys(),
    }


def test_tables_are_found_by_either_name(tmp_path: Path) -> None:
    with open_tables(make(tmp_path / "shop.db")) as file:
        assert file is not None
        for name in ("2019 sales", "t_2019_sales", "2019 SALES"):
            assert [table.name for table in file.chosen(name)] == ["t_2019_sales"]
        with pytest.raises(NotFound, match="sales_2019"):
            file.chosen("sales_2019")


def test_names_of_tables_are_valid_and_distinct() -> None:
    given = ["a b", "a_b", "A.B", "Ünder", "mv--x", "_x", "x" * 70, "", "1"]
    names = valid_table_names(given)
    assert names == ["a_b_2", "a_b", "A_B_3", "nder", "t_mv--x", "t_x", "x" * 63, "t_", "t_1"]


def test_ids_are_those_of_a_rerun_and_differ_between_tables(tmp_path: Path) -> None:
    path = make(tmp_path / "shop.db")
    packed = tmp_path / "moved.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert ids(path, "products") == ids(packed, "products")
    assert len({*ids(path, "products"), *ids(path, "2019 sales")}) == 6


def test_rows_come_in_the_order_of_the_table_whatever_its_indexes(tmp_path: Path) -> None:
    script = "CREATE TABLE t (a INT); INSERT INTO t VALUES (3), (1), (2); CREATE INDEX i ON t (a)"
    with open_tables(make(tmp_path / "a.db", script)) as file:
        assert file is not None
        rows = pa.concat_tables(file.read(file.tables[0], Wishes()))
    assert rows["a"].to_pylist() == [3, 1, 2]


def test_progress_counts_the_rows_of_each_table(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    with open_tables(make(tmp_path / "shop.db"), lambda *step: told.append(step)) as file:
        assert file is not None
        list(file.read(file.chosen("products")[0], Wishes()))
    assert ("types of products", 3, 3) in told
    assert ("rows of products", 3, 3) in told


def test_a_file_without_tables_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.db", "CREATE VIEW v AS SELECT 1")
    with pytest.raises(Invalid, match="no tables"), open_tables(path):
        pass


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "shop.db")
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x07" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"shop\.db.*SQLite") as caught:
        ids(path, "products")
    assert caught.value.hint


def test_a_database_in_use_is_refused_while_its_changes_lie_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript("PRAGMA journal_mode = wal; CREATE TABLE t (a)")
        with pytest.raises(Invalid, match=r"live\.db-wal") as caught, open_tables(path):
            pass
        assert "backup" in caught.value.hint
    with open_tables(path) as file:
        assert file is not None


def test_nothing_is_created_beside_the_file(tmp_path: Path) -> None:
    path = make(tmp_path / "shop.db", "PRAGMA journal_mode = wal; CREATE TABLE t (a)")
    ids(path, "t")
    assert [entry.name for entry in tmp_path.iterdir()] == ["shop.db"]


def test_other_files_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    with open_tables(tmp_path / "a.csv") as file:
        assert file is None
