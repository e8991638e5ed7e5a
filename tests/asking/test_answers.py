"""A question in English becomes an answer with its SQL, rows and proof."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.local import LocalLake
from thermocline.agent import translate
from thermocline.agent.decide import default_model
from thermocline.agent.facts import read_facts
from thermocline.core.answers import Option
from thermocline.core.errors import Invalid

from .conftest import NOW, customers


def test_an_answer_has_rows_sql_and_a_certificate_of_three_tiers(lake: LocalLake) -> None:
    answer = lake.database("acme").ask("how many orders are there?")
    assert answer.kind == "answer"
    assert answer.data is not None
    assert answer.data.rows() == [(255,)]
    assert answer.sql is not None
    assert lake.database("acme").sql(answer.sql).rows() == [(255,)]
    assert answer.certificate is not None
    answer.certificate.verify()
    assert set(answer.certificate.to_dict()["tables"]["orders"]["shards"]["shard-0"]) == {
        "hot",
        "warm",
        "cold",
    }
    assert answer.reading
    assert answer.narrative


def test_a_period_is_relative_to_the_clock_of_the_lake(lake: LocalLake) -> None:
    answer = lake.database("acme").ask("how many orders were there last month?")
    assert answer.data is not None
    assert answer.data.rows() == [(155,)]


def test_a_dry_run_has_sql_and_no_rows(lake: LocalLake) -> None:
    answer = lake.database("acme").ask("how many orders are there?", dry_run=True)
    assert (answer.kind, answer.data) == ("answer", None)
    assert answer.sql


def test_more_rows_than_wanted_are_said_to_be_there(lake: LocalLake) -> None:
    answer = lake.database("acme").ask("list the names of all customers", limit=4)
    assert answer.data is not None
    assert (len(answer.data), answer.truncated) == (4, True)
    assert not lake.database("acme").ask("list the names of all customers", limit=9).truncated


def test_words_that_mean_nothing_are_named(lake: LocalLake) -> None:
    answer = lake.database("acme").ask("show me all the flurbs")
    assert (answer.kind, answer.sql, answer.unplaced) == ("refuse", None, ("flurbs",))
    assert "flurbs" in answer.narrative


def test_a_value_appended_a_moment_ago_is_known(tmp_path: Path) -> None:
    instants = (NOW + timedelta(seconds=2 * n) for n in range(10_000))
    with thermocline.connect(tmp_path / "lake", clock=lambda: next(instants), background=False) as lake:
        shop = lake.database("acme")
        shop.append("customers", customers())
        assert shop.ask("how many customers live in Berlin?").sql
        shop.append("customers", [{"customer_id": 50, "name": "Ann", "city": "Utrecht"}])
        answer = shop.ask("how many customers live in Utrecht?", guess=True)
        assert "Utrecht" in str(answer.sql)


def test_what_is_refused_reads_the_tables_anew_only_if_something_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []

    def noted(*given: Any) -> Any:
        read.append(given)
        return read_facts(*given)

    monkeypatch.setattr("thermocline.actors.questions.read_facts", noted)
    instants = (NOW + timedelta(seconds=2 * n) for n in range(10_000))
    with thermocline.connect(tmp_path / "lake", clock=lambda: next(instants), background=False) as lake:
        shop = lake.database("acme")
        shop.append("customers", customers())
        for _ in range(3):
            assert shop.ask("show me all the flurbs").kind == "refuse"
        assert len(read) == 1
        shop.append("flurbs", [{"name": "one"}])
        assert shop.ask("show me all the flurbs").kind != "refuse"
        assert len(read) == 2


def test_what_is_no_text_is_refused(lake: LocalLake) -> None:
    with pytest.raises(Invalid):
        lake.database("acme").ask("  ")
    with pytest.raises(Invalid):
        lake.database("acme").ask("how many orders?", limit=0)


def test_an_option_is_answered_as_it_was_offered(lake: LocalLake) -> None:
    shop = lake.database("acme")
    meant = shop.ask("how many orders are there?")
    assert meant.query is not None
    chosen = shop.ask(Option(meant.reading, "how many?", meant.query))
    assert chosen.data is not None
    assert (chosen.sql, chosen.data.rows()) == (meant.sql, [(255,)])


def test_a_refusal_tells_the_likeliest_meaning(lake: LocalLake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every word has a place, and still no meaning is sure enough."""
    never_sure = replace(default_model(), answer_from=1.1, clarify_from=1.1)
    monkeypatch.setattr(translate, "default_model", lambda: never_sure)
    told = lake.database("acme").ask("total revenue by region")
    assert told.kind == "refuse"
    assert not told.unplaced
    assert "The likeliest meaning: order region and total order revenue" in told.narrative
