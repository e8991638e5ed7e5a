"""sql, explain, export: what is asked, and in which form the answer comes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from .conftest import Command

BY_PRODUCT = "select product, sum(revenue) as revenue from sales group by product order by product"


def test_a_table_is_the_default(shop: Command) -> None:
    said = shop("sql", BY_PRODUCT, "--db", "acme")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        " product │ revenue",
        "─────────┼─────────",
        " milk    │     1.5",
        " tea     │     4.5",
    ]


def test_json_has_columns_rows_and_certificate(shop: Command) -> None:
    answer = shop("sql", BY_PRODUCT, "--db", "acme", "--json").json
    assert answer["columns"] == ["product", "revenue"]
    assert answer["rows"] == [["milk", 1.5], ["tea", 4.5]]
    assert answer["certificate"]["complete"] is True
    assert answer["certificate"]["tables"]["sales"]["shards"]["shard-0"]["hot"]["rows"] == 3


def test_json_of_no_rows_is_still_json(shop: Command) -> None:
    assert shop("sql", f"{BY_PRODUCT} limit 0", "--db", "acme", "--json").json["rows"] == []


def test_csv_reads_back_with_null_apart_from_empty(shop: Command) -> None:
    sql = "select 'a,\"b\"\nc' as x, '' as y, null as z, 9007199254740993 as n"
    said = shop("sql", sql, "--db", "acme", "--format", "csv")
    assert said.out == 'x,y,z,n\n"a,""b""\nc","",,9007199254740993\n'
    assert list(csv.reader(io.StringIO(said.out)))[1] == ['a,"b"\nc', "", "", "9007199254740993"]


def test_ndjson_is_an_object_a_line(shop: Command) -> None:
    said = shop("sql", BY_PRODUCT, "--db", "acme", "--format", "ndjson")
    assert [json.loads(line) for line in said.out.splitlines()] == [
        {"product": "milk", "revenue": 1.5},
        {"product": "tea", "revenue": 4.5},
    ]


def test_arrow_is_an_ipc_stream(shop: Command) -> None:
    said = shop("sql", BY_PRODUCT, "--db", "acme", "--format", "arrow")
    assert pa.ipc.open_stream(said.raw).read_all().to_pylist()[1] == {"product": "tea", "revenue": 4.5}


def test_the_certificate_can_be_shown(shop: Command) -> None:
    said = shop("sql", BY_PRODUCT, "--db", "acme", "--certificate")
    assert "certificate: complete, as of now, fresh to shard-0:3" in said.out
    beside = shop("sql", BY_PRODUCT, "--db", "acme", "--certificate", "--format", "csv")
    assert "certificate: complete" in beside.err
    assert "certificate" not in beside.out


def test_as_of_shows_what_was_known_then(shop: Command) -> None:
    said = shop("sql", "select count(*) as n from sales", "--db", "acme", "--as-of", "2", "--json")
    assert said.json["rows"] == [[2]]


def test_parameters_and_dialects(shop: Command) -> None:
    placed = shop(
        "sql", "select count(*) from sales where product = ?", "--param", "tea", "--db", "acme", "--json"
    )
    named = shop(
        "sql", "select count(*) from sales where product = $p", "--param", "p=tea", "--db", "acme", "--json"
    )
    assert placed.json["rows"] == named.json["rows"] == [[2]]
    said = shop("sql", "select iff(true, 1, 2) as x", "--dialect", "snowflake", "--db", "acme", "--json")
    assert said.json["rows"] == [[1]]


def test_a_script_from_stdin_runs_statement_by_statement(command: Command) -> None:
    script = (
        "create table t (n integer); insert into t values (1), (2);\n-- and now\nselect sum(n) as n from t;"
    )
    said = command("sql", "--format", "csv", text=script)
    assert said.code == 0, said.err
    assert said.out.endswith("n\n3\n")


def test_explain_shows_the_tiers(shop: Command) -> None:
    assert "hot" in shop("explain", BY_PRODUCT, "--db", "acme").out
    assert "hot" in shop("explain", BY_PRODUCT, "--db", "acme", "--analyze", "--json").json["plan"]


@pytest.mark.parametrize("ending", ["csv", "json", "ndjson", "parquet", "arrow"])
def test_what_is_exported_can_be_imported(shop: Command, ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"out.{ending}"
    said = shop("export", "select product, revenue from sales", str(file), "--db", "acme", "--json")
    assert (said.json["rows"], said.json["bytes"]) == (3, file.stat().st_size)
    assert shop("import", str(file), "--table", "copy", "--db", "acme").code == 0
    both = "select product, revenue from {} order by all"
    original = shop("sql", both.format("sales"), "--db", "acme", "--json").json["rows"]
    assert shop("sql", both.format("copy"), "--db", "acme", "--json").json["rows"] == original


def test_an_export_that_fails_leaves_no_file(shop: Command, tmp_path: Path) -> None:
    said = shop("export", "select nothing from sales", str(tmp_path / "out.csv"), "--db", "acme")
    assert said.code == 1
    assert not list(tmp_path.glob("*out.csv*"))


def test_an_export_replaces_a_file_whole(shop: Command, tmp_path: Path) -> None:
    file = tmp_path / "out.parquet"
    file.write_text("something else")
    assert shop("export", "select 1 as x", str(file), "--db", "acme").code == 0
    assert parquet.read_table(file).to_pylist() == [{"x": 1}]


def test_an_unknown_ending_is_refused_with_those_that_exist(shop: Command, tmp_path: Path) -> None:
    said = shop("export", "select 1", str(tmp_path / "out.xlsx"), "--db", "acme")
    assert said.code == 1
    assert "parquet" in said.err
