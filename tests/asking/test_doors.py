"""The same question gives the same rows, SQL and ranges, whatever door it comes in by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

import thermocline
from thermocline.actors.local import LocalLake
from thermocline.cli.main import app
from thermocline.core.protocols import Lakehouse

from ..serving import serving

QUESTIONS = (
    "how many orders are there?",
    "how many orders were there last month?",
    "what is the total revenue?",
    "average revenue by region",
    "list the names of all customers",
    "customers older than 25",
    "how many customers live in Berlin?",
    "which customer has the most orders?",
    "the number of orders for each region",
    "show me all the flurbs",
)


@pytest.fixture
def over_http(lake: LocalLake) -> Iterator[Lakehouse]:
    with serving(lake) as url, thermocline.connect(url) as remote:
        yield remote


def told(raw: dict[str, Any]) -> tuple[Any, ...]:
    tables = (raw.get("certificate") or {"tables": {}})["tables"]
    ranges = {
        (table, shard, tier): part["ranges"]
        for table, shards in tables.items()
        for shard, tiers in shards["shards"].items()
        for tier, part in tiers.items()
    }
    return raw["kind"], raw["sql"], raw.get("rows"), ranges, raw["reading"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_in_process_and_over_http(question: str, lake: LocalLake, over_http: Lakehouse) -> None:
    here = lake.database("acme").ask(question, guess=True)
    there = over_http.database("acme").ask(question, guess=True)
    assert told(here.to_dict()) == told(there.to_dict())
    if here.data is not None and there.data is not None:
        assert here.data.arrow().schema == there.data.arrow().schema


def test_at_the_command(lake: LocalLake) -> None:
    shop = lake.database("acme")
    with serving(lake) as url:
        for question in QUESTIONS:
            arguments = ["ask", question, "--lake", url, "--db", "acme", "--guess", "--json"]
            said = CliRunner().invoke(app, arguments)
            assert told(json.loads(said.stdout)) == told(
                json.loads(json.dumps(shop.ask(question, guess=True).to_dict(), default=str))
            )


def test_a_follow_up_builds_on_the_question_before(over_http: Lakehouse) -> None:
    shop = over_http.database("acme")
    assert shop.ask("what is the total revenue?", conversation="monday").kind == "answer"
    followed = shop.ask("and by region?", conversation="monday")
    assert followed.sql is not None
    assert "GROUP BY region" in followed.sql
    alone = shop.ask("and by region?", conversation="tuesday")
    assert alone.sql != followed.sql
