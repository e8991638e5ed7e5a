"""The same question at every door: equal rows, SQL and certificate ranges."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.core.answers import Answer
from thermocline.core.values import text_columns

from .. import serving as http
from ..cli.conftest import Command
from .talk import Agent, Said, command, over_http, over_stdio, serving, speak

QUESTIONS = """
how many orders
how many customers
how many products
total revenue
average revenue
highest revenue
lowest price
total quantity
total revenue by region
average revenue by region
number of orders by region
number of customers by country
revenue by month
total quantity by region
average price by category
number of products by category
list all customers
list all products
names of customers from France
customers from Ireland
orders in the north region
how many orders in the south region
orders with revenue over 30
how many orders with quantity above 4
products cheaper than 5
most expensive product
top 3 products by price
the 5 orders with the highest revenue
total revenue in March 2026
how many orders in May 2026
orders between 2026-02-01 and 2026-02-10
distinct regions
revenue by country
customers without orders
what categories are there
xyzzy plugh
""".strip().splitlines()


@dataclass(frozen=True)
class Told:
    """What must be equal. `rows`: as text; `ranges`: of each table, shard and tier."""

    kind: str
    sql: str | None = None
    rows: tuple[tuple[str, ...], ...] | None = None
    ranges: Any = None


@pytest.fixture(scope="module")
def expected(lake: Any) -> dict[str, Told]:
    """By the SDK."""
    return {question: _of_sdk(lake.database("acme").ask(question, limit=50)) for question in QUESTIONS}


@pytest.fixture(scope="module")
def answers_over_http(lake: Any) -> Iterator[thermocline.core.protocols.Database]:
    with http.serving(lake) as url, thermocline.connect(url) as far:
        yield far.database("acme")


def test_most_questions_are_answered_over_three_tiers(expected: Mapping[str, Told]) -> None:
    """Or the others would show little."""
    answered = [told for told in expected.values() if told.kind == "answer"]
    assert len(answered) > len(QUESTIONS) / 2
    assert any(set(tiers) == {"hot", "warm", "cold"} for told in answered for tiers in _tiers(told))


def test_over_http(expected: Mapping[str, Told], answers_over_http: Any) -> None:
    for question, told in expected.items():
        assert _of_sdk(answers_over_http.ask(question, limit=50)) == told, question


def test_for_agents_over_stdio(expected: Mapping[str, Told], built: Path, tmp_path: Path) -> None:
    """The command, on a copy of the lake's folder."""
    folder = shutil.copytree(built, tmp_path / "lake")
    assert speak(_asked, over_stdio(command(folder))) == dict(expected)


def test_for_agents_over_http(expected: Mapping[str, Told], lake: Any) -> None:
    with serving(lake) as url:
        assert speak(_asked, over_http(url)) == dict(expected)


def test_for_agents_of_a_lake_behind_a_server(expected: Mapping[str, Told], lake: Any) -> None:
    with http.serving(lake) as url:
        assert speak(_asked, over_stdio(command(url))) == dict(expected)


@pytest.mark.long
def test_at_the_command_line(expected: Mapping[str, Told], built: Path, tmp_path: Path) -> None:
    run = Command(Path(shutil.copytree(built, tmp_path / "lake")))
    for question, told in expected.items():
        said = run("ask", question, "--db", "acme", "--json", "--limit", "50").json
        if said["kind"] != "answer":
            assert said["kind"] == told.kind, question
            continue
        rows = [tuple("" if value is None else str(value) for value in row) for row in said["rows"]]
        assert _told(said["sql"], rows, said["certificate"]) == told, question


def test_the_same_sql_has_the_same_rows_everywhere(lake: Any) -> None:
    sql = "select region, sum(revenue) as r, min(ordered_on) as d from orders group by all order by all"
    rows = _rows(lake.database("acme").sql(sql).arrow())
    with serving(lake) as url:
        said = speak(lambda agent: agent("run_sql", sql=sql), over_http(url))
    assert tuple(said.rows) == rows


async def _asked(agent: Agent) -> dict[str, Told]:
    return {question: _of_agent(await agent("ask", question=question)) for question in QUESTIONS}


def _of_sdk(answer: Answer) -> Told:
    if answer.data is None:
        return Told(answer.kind)
    assert answer.certificate is not None
    answer.certificate.verify()
    rows = _rows(answer.data.arrow())
    return _told(answer.sql, rows, answer.certificate.to_dict())


def _of_agent(said: Said) -> Told:
    if said.told("refused"):
        return Told("refuse")
    if said.lines[0].startswith("NOT ANSWERED YET"):
        return Told("clarify")
    return _told(said.told("sql"), said.rows, said.meta["certificate"])


def _told(sql: str | None, rows: Iterable[tuple[str, ...]], certificate: Mapping[str, Any]) -> Told:
    """Rows whose order the SQL leaves open are compared without one."""
    numbers = (tuple(map(_number, row)) for row in rows)
    ordered = "ORDER BY" in (sql or "")
    return Told("answer", sql, tuple(numbers if ordered else sorted(numbers)), _ranges(certificate))


def _rows(table: Any) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(value or "" for value in row)
        for batch in table.to_batches()
        for row in zip(*(column.to_pylist() for column in text_columns(batch)), strict=True)
    )


def _ranges(certificate: Mapping[str, Any] | None) -> Any:
    if certificate is None:
        return None
    return {
        (table, shard, tier): part["ranges"]
        for table, shards in certificate["tables"].items()
        for shard, tiers in shards["shards"].items()
        for tier, part in tiers.items()
    }


def _tiers(told: Told) -> list[list[str]]:
    tables = {table for table, _, _ in told.ranges}
    return [[tier for name, _, tier in told.ranges if name == table] for table in tables]


def _number(text: str) -> str:
    """12 and 12.0 are the same."""
    try:
        return repr(float(text))
    except ValueError:
        return text
