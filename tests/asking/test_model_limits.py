"""What one agent may take of the lake's language model: by policy, through every door, over restarts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import thermocline
from thermocline.agent.providers.budget import Budget, Limits, Prices
from thermocline.agent.providers.scripted import Scene, Scripted
from thermocline.cli.main import app
from thermocline.core.errors import Denied

from ..mcp.talk import here, speak
from ..serving import serving
from .conftest import NOW, fill
from .test_models import GOOD, QUESTION

DAY = "max_model_requests_per_day"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with thermocline.connect(tmp_path / "lake", clock=lambda: NOW, background=False) as lake:
        fill(lake)
        for statement in ("GRANT SELECT ON customers TO priya", f"ALTER ROLE priya SET {DAY} = '2'"):
            lake.database("acme").sql(statement)
    return tmp_path / "lake"


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "script.yaml"
    path.write_text(f"- answers: [{GOOD!r}]")
    return f"scripted:{path}"


def opened(path: Path, **options: Any) -> Any:
    model = Scripted([Scene(None, (GOOD.replace("customers", "custmers"),) * 3 + (GOOD,))])
    return thermocline.connect(path, clock=lambda: NOW, background=False, **({"model": model} | options))


@pytest.fixture
def lake(path: Path, script: str) -> Iterator[Any]:
    with opened(path, model=script) as lake:
        yield lake


def asked(lake: Any, who: str | None = "priya") -> str:
    answer = lake.database("acme", principal=who).ask(QUESTION)
    assert answer.data.rows() == [(9,)]
    return str(answer.kind)


def test_a_day_ends_when_it_is_used_up_and_others_go_on(lake: Any) -> None:
    assert [asked(lake), asked(lake)] == ["answer", "answer"]
    with pytest.raises(Denied, match=r"budget of `priya` for today: 1 requests more than 2") as caught:
        asked(lake)
    assert "raise its limit" in caught.value.hint
    assert asked(lake, None) == "answer"
    lake.database("acme").sql(f"ALTER ROLE priya SET {DAY} = '3'")
    assert asked(lake) == "answer"


def test_what_the_grammar_is_sure_of_costs_nothing(lake: Any) -> None:
    lake.database("acme").sql(f"ALTER ROLE priya SET {DAY} = '0'")
    hers = lake.database("acme", principal="priya")
    assert hers.ask("how many customers are there?").translator == "grammar"
    with pytest.raises(Denied):
        hers.ask(QUESTION)


def test_a_day_outlasts_the_process(path: Path, script: str) -> None:
    for _ in range(2):
        with opened(path, model=script) as lake:
            asked(lake)
    with opened(path, model=script) as lake, pytest.raises(Denied, match="today"):
        asked(lake)


def test_repairs_are_counted_with_their_question(path: Path) -> None:
    with opened(path) as lake:
        shop = lake.database("acme")
        shop.sql(f"ALTER ROLE priya RESET {DAY}")
        shop.sql("ALTER ROLE priya SET max_model_requests_per_question = '3'")
        with pytest.raises(Denied, match="budget of this question"):
            asked(lake)
        shop.sql("ALTER ROLE priya SET max_model_requests_per_question = '4'")
        assert asked(lake) == "answer"


@pytest.mark.parametrize("limit", ["max_model_tokens_per_question", "max_model_tokens_per_day"])
def test_tokens_are_limited_at_the_most_that_a_reply_may_take(lake: Any, limit: str) -> None:
    shop = lake.database("acme")
    shop.sql(f"ALTER ROLE priya SET {limit} = '8000'")
    with pytest.raises(Denied, match="tokens more than 0 exceed 8000"):
        asked(lake)
    shop.sql(f"ALTER ROLE priya SET {limit} = '20000'")
    assert asked(lake) == "answer"


def test_the_lesser_of_the_lakes_budget_and_her_own_counts(path: Path, script: str) -> None:
    with opened(path, model=script, budget=Budget(day=Limits(requests=1))) as lake:
        asked(lake)
        with pytest.raises(Denied, match="more than 1 exceed 1"):
            asked(lake)


def test_a_limit_of_cost_wants_prices(path: Path, script: str) -> None:
    with opened(path, model=script) as lake:
        lake.database("acme").sql("ALTER ROLE priya SET max_model_cost_per_day = '0.10'")
        with pytest.raises(Denied, match="nobody said what the model costs"):
            asked(lake)
    for price, kind in ((1.0, "answer"), (100.0, None)):
        with opened(path, model=script, budget=Budget(prices=Prices(price, price))) as lake:
            if kind is None:
                with pytest.raises(Denied, match="of cost"):
                    asked(lake)
            else:
                assert asked(lake) == kind


def test_it_holds_over_http_and_for_agents(lake: Any) -> None:
    with serving(lake, api_key="key") as url, thermocline.connect(url, api_key="key") as far:
        assert asked(far) == "answer"
        assert asked(far) == "answer"
        with pytest.raises(Denied, match="today"):
            asked(far)
    said = speak(lambda agent: agent("ask", question=QUESTION), here(lake, who="priya"))
    assert said.failed
    assert "for today" in said.text


def test_it_holds_for_the_command(path: Path, script: str) -> None:
    with opened(path) as lake:
        for statement in ("GRANT SELECT ON customers TO sam", f"ALTER ROLE sam SET {DAY} = '1'"):
            lake.database("acme").sql(statement)
    arguments = ["ask", QUESTION, "--lake", str(path), "--db", "acme", "--model", script, "--as", "sam"]
    first, second = (CliRunner().invoke(app, arguments) for _ in range(2))
    assert first.exit_code == 0, first.stderr
    assert second.exit_code == 1
    assert "for today" in second.stderr


def test_a_named_agent_is_held_to_it(lake: Any) -> None:
    lake.database("acme").sql(f"ALTER ROLE priya SET {DAY} = '1'")
    priya = lake.agent("priya", database="acme")
    assert priya(QUESTION).kind == "answer"
    with pytest.raises(Denied, match="today"):
        priya(QUESTION)
