"""import, flush, compact, archive, expire, tiers, tables, verify."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path
from typing import Any

from ..intake.sqlite_made import make
from .conftest import Command, Said


def _by_tier(said: Said) -> dict[str, int]:
    rows: list[dict[str, Any]] = said.json
    found: Counter[str] = Counter()
    for row in rows:
        found[row["tier"]] += row["rows"]
    return {tier: count for tier, count in found.items() if count}


def test_events_go_down_the_tiers_as_told(shop: Command) -> None:
    assert _by_tier(shop("tiers", "sales", "--db", "acme", "--json")) == {"hot": 3}
    assert shop("flush", "sales", "--up-to", "2", "--db", "acme").out.startswith("flushed 2 rows")
    assert shop("archive", "--up-to", "1", "--db", "acme", "--json").json["rows"] == 1
    assert _by_tier(shop("tiers", "--db", "acme", "--json")) == {"hot": 1, "warm": 1, "cold": 1}
    assert shop("compact", "--db", "acme").code == 0
    assert shop("expire", "--db", "acme").code == 0
    assert shop("verify", "--db", "acme").out.startswith("sound: 1 tables")
    assert shop("verify", "--db", "acme", "--json").json["rows"] == 3


def test_a_file_imported_twice_is_there_once(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv.gz"
    file.write_bytes(gzip.compress(b"when,product,n\n2026-10-01,tea,9007199254740993\n2026-10-02,milk,2\n"))
    first = command("import", str(file), "--table", "sales", "--event-time", "when")
    again = command("import", str(file), "--table", "sales", "--event-time", "when", "--json")
    assert "2 rows into `sales`" in first.out
    assert (again.json[0]["rows"], again.json[0]["duplicates"]) == (0, 2)
    said = command("sql", "select _time, n from sales order by n desc", "--json")
    assert said.json["rows"][0] == ["2026-10-01T00:00:00Z", 9007199254740993]


def test_rows_that_do_not_fit_stop_the_import_or_are_put_aside(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text('{"n": 1}\n{"n": 2\n{"n": 3}\n')
    stopped = command("import", str(file), "--table", "events")
    assert stopped.code == 1
    assert "2" in stopped.err
    aside = command("import", str(file), "--table", "events", "--on-error", "quarantine", "--json")
    assert (aside.json[0]["rows"], aside.json[0]["quarantined"]) == (2, 1)
    assert Path(aside.json[0]["quarantine_file"]).exists()


def test_tables_are_named_a_line_each(shop: Command) -> None:
    assert shop("tables", "--db", "acme").out == "sales\n"
    assert shop("tables", "--db", "acme", "--json").json == ["sales"]


def test_a_sqlite_file_brings_all_its_tables_and_their_keys(command: Command, tmp_path: Path) -> None:
    file = make(tmp_path / "shop.sqlite")
    said = command("import", str(file), "--db", "shop")
    assert "8 rows into 4 tables" in said.out
    assert "  3 rows into `t_2019_sales`" in said.out
    assert "  table '2019 sales' is called `t_2019_sales`" in said.out
    again = command("import", str(file), "--db", "shop", "--json")
    assert [part["duplicates"] for part in again.json[0]["parts"]] == [2, 3, 3, 0]
    keys = command("tables", "--db", "shop", "--keys")
    assert "products\n  primary key (id)\n  (color) references Ref_Colors (color_code)\n" in keys.out
    told = command("tables", "--db", "shop", "--keys", "--json").json
    assert {"table": "empty", "primary_key": [], "references": []} in told


def test_some_tables_of_a_sqlite_file(command: Command, tmp_path: Path) -> None:
    file = make(tmp_path / "shop.sqlite")
    assert command("import", str(file), "--table", "products", "--table", "empty").code == 0
    assert command("tables", "--json").json == ["empty", "products"]


def test_a_file_of_rows_needs_a_table(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("a\n1\n")
    said = command("import", str(file))
    assert said.code == 1
    assert "--table" in said.err
