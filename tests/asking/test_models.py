"""A language model answers where the grammar is not sure, behind the checks of every statement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.agent.providers.budget import Budget, Limits
from thermocline.agent.providers.scripted import Scene, Scripted
from thermocline.core.errors import Denied

from .conftest import NOW, fill

QUESTION = "which flurbs glimmer?"
GOOD = '{"sql": "SELECT count(*) AS n FROM customers", "reading": "customers", "confidence": 0.8}'


def lake_with(path: Path, provider: Scripted, **options: Any) -> Any:
    return thermocline.connect(path, clock=lambda: NOW, background=False, model=provider, **options)


def scripted(*answers: str) -> Scripted:
    return Scripted([Scene(None, answers)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with thermocline.connect(tmp_path / "lake", clock=lambda: NOW, background=False) as lake:
        fill(lake)
    return tmp_path / "lake"


def test_what_the_grammar_is_sure_of_reaches_no_model(path: Path) -> None:
    provider = scripted(GOOD)
    with lake_with(path, provider) as lake:
        assert lake.database("acme").ask("how many orders are there?").translator == "grammar"
    assert provider.asked == []


def test_a_model_answers_the_rest(path: Path) -> None:
    with lake_with(path, scripted(GOOD)) as lake:
        answer = lake.database("acme").ask(QUESTION)
    assert (answer.kind, answer.translator, answer.data.rows()) == ("answer", "scripted:script", [(9,)])


def test_a_wrong_name_is_repaired(path: Path) -> None:
    provider = scripted(GOOD.replace("customers", "custmers"), GOOD)
    with lake_with(path, provider) as lake:
        assert lake.database("acme").ask(QUESTION).data.rows() == [(9,)]
    assert len(provider.asked) == 2
    assert "custmers" in provider.asked[1][-1].text


def test_after_three_repairs_it_is_given_up(path: Path) -> None:
    provider = scripted(*[GOOD.replace("customers", f"custmers{n}") for n in range(9)])
    with lake_with(path, provider) as lake:
        assert lake.database("acme").ask(QUESTION).kind == "refuse"
    assert len(provider.asked) == 4


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE customers",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT 1; DELETE FROM customers",
        "COPY customers TO 'x.csv'",
        "GRANT SELECT ON orders TO priya",
    ],
)
def test_what_a_model_may_not_do_is_not_done(path: Path, sql: str) -> None:
    reply = f'{{"sql": "{sql}", "reading": "r", "confidence": 1}}'
    with lake_with(path, scripted(*[reply] * 4)) as lake:
        assert lake.database("acme").ask(QUESTION).kind == "refuse"
        assert lake.database("acme").sql("select count(*) from customers").rows() == [(9,)]


def test_a_model_sees_no_masked_column_and_no_hidden_row(path: Path) -> None:
    provider = scripted(GOOD)
    with lake_with(path, provider) as lake:
        shop = lake.database("acme")
        for statement in (
            "GRANT SELECT ON customers TO priya",
            "CREATE MASKING POLICY m ON customers (email) USING full",
            "CREATE ROW ACCESS POLICY r ON customers USING (city = 'Paris')",
        ):
            shop.sql(statement)
        answer = lake.database("acme", principal="priya").ask(QUESTION)
        assert answer.data is not None
        assert answer.data.rows() == [(4,)], "what it proposes runs as priya's own statement"
    told = "".join(message.text for message in provider.asked[0])
    assert "Paris" in told
    assert "email" not in told
    assert "shop.example" not in told
    assert "Berlin" not in told
    assert "orders" not in told


def test_a_budget_ends_a_question(path: Path) -> None:
    provider = scripted(*[GOOD.replace("customers", f"custmers{n}") for n in range(9)])
    budget = Budget(question=Limits(requests=2))
    with lake_with(path, provider, budget=budget) as lake, pytest.raises(Denied):
        lake.database("acme").ask(QUESTION)
    assert len(provider.asked) == 2
