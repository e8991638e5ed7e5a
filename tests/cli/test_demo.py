"""The demo from end to end: it checks its own answers, so that it ran is most of the proof."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from thermocline.cli.demo.main import MARKER, same_rows
from thermocline.cli.demo.reviews import MEANT, REVIEWS
from thermocline.cli.demo.shop import shop

from .conftest import Command


def _tiers(shown: dict[str, list[dict[str, object]]]) -> set[tuple[str, object]]:
    return {(database, row["tier"]) for database, rows in shown.items() for row in rows if row["rows"]}


@pytest.mark.parametrize("events", ["100", "5000"])
def test_the_shop_fills_three_tiers_at_any_size(command: Command, events: str) -> None:
    shown = command("demo", "--events", events, "--json").json
    assert _tiers(shown["tiers"]) == {
        (db, tier) for db in ("acme", "globex") for tier in ("hot", "warm", "cold")
    }
    assert shown["late"] == int(events) // 100
    assert sum(report["rows"] for report in shown["verified"].values()) == int(events) + REVIEWS
    assert {row["review"] for row in shown["meant"]} > set(MEANT)


def test_its_answer_is_what_the_orders_add_up_to(command: Command) -> None:
    story = shop(3_000)
    orders = pa.concat_tables(a.rows for a in (*story.arrivals, *story.late) if a.database == "acme")
    expected = Counter[str]()
    for order in orders.select(["region", "revenue"]).to_pylist():
        expected[order["region"]] += order["revenue"]
    said = command("demo", "--events", "3000", "--json")
    shown = {row[0]: row[2] for row in json.loads(said.out, parse_float=Decimal)["rows"]}
    assert shown == expected


def test_it_shows_what_it_did_and_its_commands_work(command: Command) -> None:
    said = command("demo", "--events", "2000")
    assert said.code == 0, said.err
    for part in ("certificate: complete", "AS OF", "EXPLAIN", "cold", "came late", MEANT[0]):
        assert part in said.out
    tail = said.out[said.out.index("Now you:") :]
    commands = [
        shlex.split(line)[1:] for line in tail.splitlines() if line.strip().startswith("thermocline ")
    ]
    assert len(commands) >= 6
    for arguments in commands:
        if arguments[0] != "serve":
            done = command(*arguments, text="select count(*) from orders;")
            assert done.code == 0, done.err


def test_it_starts_over_where_a_demo_was_and_nowhere_else(command: Command) -> None:
    assert command("demo", "--events", "100").code == 0
    assert command("demo", "--events", "200").code == 0
    (command.lake / MARKER).unlink()
    refused = command("demo", "--events", "100")
    assert refused.code == 1
    assert "--lake" in refused.err
    assert command("tables", "--db", "acme").code == 0


def test_too_few_events_are_refused(command: Command, tmp_path: Path) -> None:
    assert command("demo", "--events", "3").code == 1
    file = tmp_path / "few.csv"
    file.write_text("a\n1\n")
    assert "needs at least" in command("demo", "--data", str(file)).err


def test_events_without_a_time_or_a_number_will_do(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "words.ndjson"
    file.write_text(
        "\n".join(
            json.dumps({"word": w}) for w in ["a", "b", "a", "c", "a", "b", "d", "e", "a", "f", "g", "h"]
        )
    )
    shown = command("demo", "--data", str(file), "--json").json
    assert _tiers(shown["tiers"]) == {("main", tier) for tier in ("hot", "warm", "cold")}


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("stellar/transactions.ndjson.gz", 650),
        ("real/flights-20k.json", 20_000),
        ("real/birdstrikes.csv", 10_000),
        ("real/sp500-2000.csv", 5_105),
    ],
)
def test_it_runs_on_real_events(
    command: Command, shared_data: Callable[[str], Path], name: str, events: int
) -> None:
    said = command("demo", "--data", str(shared_data(name)), "--json")
    assert said.code == 0, said.err
    shown = said.json
    assert shown["events"] == shown["verified"]["main"]["rows"] == events
    assert _tiers(shown["tiers"]) == {("main", tier) for tier in ("hot", "warm", "cold")}


def test_its_answer_on_real_events_is_what_the_file_adds_up_to(
    command: Command, shared_data: Callable[[str], Path]
) -> None:
    file = shared_data("real/flights-20k.json")
    flights = json.loads(file.read_text())
    shown = command("demo", "--data", str(file), "--json").json
    assert shown["columns"] == ["origin", "events", "total"]
    assert {row[0]: row[1] for row in shown["rows"]} == Counter(f["origin"] for f in flights)
    assert sum(row[2] for row in shown["rows"]) == sum(f["delay"] for f in flights)
    counted = command("sql", "select sum(distance) as n from flights_20k", "--json").json
    assert counted["rows"] == [[sum(f["distance"] for f in flights)]]


def test_rows_are_compared_exactly_but_for_floating_sums() -> None:
    assert same_rows([("a", 0.1 + 0.2)], [("a", 0.3)])
    assert not same_rows([("a", 0.3001)], [("a", 0.3)])
    assert not same_rows([("a", 3)], [("a", 4)])
    assert not same_rows([("a", 3)], [("a", 3), ("b", 1)])
