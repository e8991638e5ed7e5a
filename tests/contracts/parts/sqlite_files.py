"""Importing a SQLite database: all its tables, or those that are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from thermocline.core.errors import Invalid, NotFound
from thermocline.core.keys import Keys, Reference
from thermocline.core.protocols import Database

from ...intake.sqlite_made import column, make
from .base import Contract, count, refused


class SqliteFiles(Contract):
    def test_all_tables_are_imported_with_their_keys(self, shop: Database, tmp_path: Path) -> None:
        done = shop.import_file(make(tmp_path / "shop.sqlite"))
        assert [(part.table, part.rows) for part in done.parts] == [
            ("Ref_Colors", 2),
            ("products", 3),
            ("t_2019_sales", 3),
            ("empty", 0),
        ]
        assert (done.rows, done.duplicates) == (8, 0)
        assert done.renamed == {"Ref_Colors": "Ref Colors", "t_2019_sales": "2019 sales"}
        assert sorted(shop.tables()) == ["Ref_Colors", "empty", "products", "t_2019_sales"]
        assert shop.schema("empty").names == ["a", "b", "c", "d", "e"]
        assert shop.sql('select "Official_ratings_(millions)", "order" from products order by id').rows() == [
            (4.5, "first"),
            (None, ""),
            (None, None),
        ]
        reference = Reference(("color",), "Ref_Colors", ("color_code",))
        assert shop.keys("products") == Keys(("id",), (reference,))

    def test_a_rerun_of_all_tables_doubles_nothing(self, shop: Database, tmp_path: Path) -> None:
        path = make(tmp_path / "shop.sqlite")
        shop.import_file(path)
        shop.archive()
        again = shop.import_file(path)
        assert (again.rows, again.duplicates) == (0, 8)
        assert count(shop, "products") == 3

    def test_tables_can_be_chosen(self, shop: Database, tmp_path: Path) -> None:
        path = make(tmp_path / "shop.sqlite")
        one = shop.import_file(path, "Ref Colors")
        assert (one.table, one.rows, one.parts) == ("Ref_Colors", 2, ())
        two = shop.import_file(path, ["products", "empty"])
        assert [part.table for part in two.parts] == ["products", "empty"]
        with refused(NotFound, "nope", "shop.sqlite"):
            shop.import_file(path, "nope")
        assert sorted(shop.tables()) == ["Ref_Colors", "empty", "products"]

    def test_a_column_of_one_of_its_tables_gives_the_ids(self, shop: Database, tmp_path: Path) -> None:
        path = make(tmp_path / "shop.sqlite")
        shop.import_file(path, "products", id="id")
        assert shop.sql("select _id from products order by id").rows() == [("7",), ("8",), ("9",)]
        with refused(Invalid, "one table"):
            shop.import_file(path, id="id")

    def test_rows_that_do_not_fit_a_table_that_is_there(self, shop: Database, tmp_path: Path) -> None:
        shop.append("t", [{"c": 1}])
        path = column(tmp_path / "a.sqlite", "", [2, "three", 4])
        with refused(Invalid, "`t`", "row 2"):
            shop.import_file(path)
        done = shop.import_file(path, on_error="quarantine")
        assert (done.rows, done.quarantined) == (2, 1)
        assert done.parts[0].quarantine_file
        assert shop.sql("select sum(c) from t").rows() == [(7,)]

    @pytest.mark.parametrize("table", [None, ["a", "b"], []])
    def test_another_file_goes_into_one_table(
        self, shop: Database, tmp_path: Path, table: list[str] | None
    ) -> None:
        path = tmp_path / "rows.csv"
        path.write_text("a\n1\n")
        with refused(Invalid, "rows.csv", "name the table"):
            shop.import_file(path, table)
        assert shop.tables() == []
