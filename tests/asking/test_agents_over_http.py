"""Over HTTP the owner makes agents; each is called by the owner, or by itself with its token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import thermocline
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Denied
from thermocline.core.protocols import Lakehouse

from ..serving import serving


@pytest.fixture
def url(lake: LocalLake) -> Iterator[str]:
    with serving(lake, api_key="secret") as url:
        yield url


@pytest.fixture
def owner(url: str) -> Iterator[Lakehouse]:
    with thermocline.connect(url, api_key="secret") as lake:
        yield lake


def token(lake: LocalLake, who: str) -> str:
    return str(lake.database("acme").sql(f"create token for {who}").dicts()[0]["token"])


def test_it_calls_with_its_own_token_what_it_was_given(lake: LocalLake, owner: Lakehouse, url: str) -> None:
    owner.agent("priya", database="acme", tables=["orders"])("what is the total revenue?")
    with thermocline.connect(url, api_key=token(lake, "priya")) as own:
        priya = own.agent("Priya", database="acme")
        answer = priya("and by region?")
        assert answer.data is not None
        assert len(answer.data.rows()) == 3
        assert len(owner.agent("priya", database="acme").log()) == 2


def test_nobody_calls_it_with_another_token(lake: LocalLake, owner: Lakehouse, url: str) -> None:
    priya = owner.agent("priya", database="acme", tables=["orders"])
    priya.remember("secret", 7)
    lake.database("acme").sql("grant select on customers to sam")
    with thermocline.connect(url, api_key=token(lake, "sam")) as own:
        as_priya = own.agent("priya", database="acme")
        for call in (
            lambda: as_priya("how many orders are there?"),
            lambda: as_priya.recall("secret"),
            lambda: as_priya.forget("secret"),
            lambda: as_priya.remember("secret", 8),
            lambda: as_priya.verify("how many orders are there?", "select 1"),
            as_priya.log,
            as_priya.turns,
        ):
            with pytest.raises(Denied, match="may not call the agent"):
                call()
    assert priya.recall("secret") == 7
    assert priya.log() == []


def test_a_principal_grants_itself_nothing(lake: LocalLake, url: str) -> None:
    lake.database("acme").sql("grant select on customers to sam")
    with thermocline.connect(url, api_key=token(lake, "sam")) as own:
        for given in ({"tables": ["orders"]}, {"roles": ["admin"]}, {"max_query_runtime_s": 9.0}):
            with pytest.raises(Denied, match="may not change the policy"):
                own.agent("sam", database="acme", **given)  # type: ignore[arg-type]  # one of three
        assert own.agent("sam", database="acme").database.tables() == ["customers"]


def test_what_it_asked_is_in_the_audit_as_its_own(lake: LocalLake, owner: Lakehouse) -> None:
    owner.agent("priya", database="acme", tables=["orders"])("how many orders are there?")
    assert lake.audit is not None
    lake.audit.flush()
    noted = lake.database("system").sql(
        "select distinct principal, door from audit where statement ilike 'select count(*)%'"
    )
    assert noted.rows() == [("priya", "agent")]
