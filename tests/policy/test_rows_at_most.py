"""How many rows of an answer a principal may have, through every door; no part is taken for all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

import thermocline
from thermocline.actors.database import LakeDatabase
from thermocline.actors.local import LocalLake
from thermocline.cli.main import app
from thermocline.core.errors import TooManyRows

from ..mcp.talk import here, speak
from ..serving import serving

ALL = "SELECT id FROM orders ORDER BY id"
LISTED = "list the amount of each order"


@pytest.fixture
def hers(lake: LocalLake, shop: LakeDatabase) -> Any:
    shop.sql("GRANT SELECT ON orders TO priya")
    shop.sql("GRANT SELECT ON customers TO priya")
    shop.sql("ALTER ROLE priya SET max_rows = '4'")
    return lake.database("acme", principal="priya")


@pytest.fixture
def served(lake: LocalLake, hers: Any) -> Iterator[str]:  # noqa: ARG001 - the limit has to be there
    with serving(lake, api_key="key") as url:
        yield url


@pytest.fixture
def far(served: str) -> Iterator[Any]:
    with thermocline.connect(served, api_key="key") as client:
        yield client


def test_more_rows_are_refused_with_what_to_do(hers: Any) -> None:
    with pytest.raises(TooManyRows, match="more than 4 rows") as caught:
        hers.sql(ALL)
    assert "LIMIT 4" in caught.value.hint
    assert len(hers.sql(f"{ALL} LIMIT 4").rows()) == 4
    assert hers.sql("SELECT count(*) FROM orders").rows() == [(6,)]


def test_a_stream_ends_with_the_last_row_that_may_be_had(hers: Any) -> None:
    found: list[int] = []
    stream = hers.sql(ALL, stream=True)
    with pytest.raises(TooManyRows):
        found += (row for batch in stream.batches() for row in batch.column(0).to_pylist())
    assert found == [0, 1, 2, 3]
    assert len(hers.sql(f"{ALL} LIMIT 4", stream=True).rows()) == 4


def test_the_least_of_all_roles_counts_and_the_owner_has_all(shop: LakeDatabase, hers: Any) -> None:
    shop.sql("ALTER ROLE few SET max_rows = '2'")
    shop.sql("GRANT few TO priya")
    with pytest.raises(TooManyRows, match="more than 2"):
        hers.sql(f"{ALL} LIMIT 3")
    assert len(shop.sql(ALL).rows()) == 6
    shop.sql("ALTER ROLE priya RESET max_rows")
    shop.sql("REVOKE few FROM priya")
    assert len(hers.sql(ALL).rows()) == 6


def test_a_refusal_is_noted(lake: LocalLake, hers: Any) -> None:
    with pytest.raises(TooManyRows):
        hers.sql(ALL)
    lake.audit.flush()
    noted = lake.database("system").sql("SELECT outcome FROM audit WHERE principal = 'priya'").rows()
    assert noted == [("refused",)]


def test_an_answer_in_english_is_cut_and_says_so(hers: Any) -> None:
    answer = hers.ask(LISTED, guess=True)
    assert (len(answer.data.rows()), answer.truncated) == (4, True)
    fewer = hers.ask(LISTED, guess=True, limit=3)
    assert (len(fewer.data.rows()), fewer.truncated) == (3, True)


def test_what_a_question_is_understood_by_is_no_answer(hers: Any) -> None:
    """Columns have more values than she may have of an answer."""
    hers_known = hers.translator().schema.catalog.by_name
    assert set(hers_known) == {"orders", "customers"}
    (email,) = (c for c in hers_known["customers"].columns if c.name == "email")
    assert len(email.values) == 3


def test_over_http_it_is_the_same(far: Any) -> None:
    hers = far.database("acme", principal="priya")
    for stream in (False, True):
        with pytest.raises(TooManyRows, match="more than 4 rows"):
            hers.sql(ALL, stream=stream).arrow()
    answer = hers.ask(LISTED, guess=True)
    assert (len(answer.data.rows()), answer.truncated) == (4, True)
    assert len(far.database("acme").sql(ALL).rows()) == 6


def test_the_command_says_so_and_ends_with_an_error(served: str) -> None:
    command = CliRunner().invoke(
        app,
        ["sql", ALL, "--db", "acme", "--as", "priya", "--json"],
        env={"THERMOCLINE_LAKE": served, "THERMOCLINE_API_KEY": "key"},
    )
    assert command.exit_code == 1
    assert "LIMIT 4" in command.stderr
    with pytest.raises(ValueError, match="delimiter"):
        json.loads(command.stdout)


def test_agents_get_pages_that_say_there_is_more(lake: LocalLake, far: Any) -> None:
    async def act(agent: Any) -> Any:
        first = await agent("run_sql", sql=ALL)
        second = await agent("run_sql", sql=ALL, cursor=first.meta["cursor"])
        asked = await agent("query_metrics", metrics=["count(orders)"], group_by=["orders.id"])
        return first, second, asked, await agent("describe", name="orders", detail="full")

    for doors in (lake, far):
        first, second, asked, described = speak(act, here(doors, who="priya"))
        assert [row[0] for row in first.rows] == ["0", "1", "2", "3"]
        assert [row[0] for row in second.rows] == ["4", "5"]
        assert (first.meta["truncated"], second.meta["truncated"]) == (True, False)
        assert (len(asked.rows), asked.meta["truncated"]) == (4, True)
        assert not described.failed
