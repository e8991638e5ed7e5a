"""Whichever door somebody comes through, it is the same policy: in process, over HTTP, by the command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import thermocline
from thermocline.actors.database import LakeDatabase
from thermocline.actors.local import LocalLake
from thermocline.cli.main import app
from thermocline.core.errors import Denied, Invalid

from ..serving import serving

POLICY = """
roles: {priya: {settings: {app.customer_id: "7"}}}
tables: {acme.orders: {select: priya}, acme.customers: {select: priya}}
columns: {acme.customers.email: "partial(1, 4)"}
rowFilters: {acme.orders: "customer_id = current_setting('app.customer_id')"}
"""
QUESTIONS = (
    "SELECT * FROM orders ORDER BY id",
    "SELECT email, count(*) FROM customers GROUP BY 1 ORDER BY 1",
    "SELECT sum(amount) FROM orders WHERE customer_id = 8",
)


@pytest.fixture
def served(lake: LocalLake, shop: LakeDatabase) -> Iterator[str]:  # noqa: ARG001 - it has to be filled
    lake.apply_policy(POLICY)
    with serving(lake, api_key="key") as url:
        yield url


def shown(database: Any, text: str) -> tuple[Any, ...]:
    answer = database.sql(text)
    return answer.columns, answer.rows(), answer.certificate.to_dict()["tables"]


def command(url: str, key: str, *arguments: str) -> Any:
    env = {"THERMOCLINE_LAKE": url, "THERMOCLINE_API_KEY": key}
    return CliRunner().invoke(app, list(arguments), env=env)


def test_rows_and_certificates_are_equal(lake: LocalLake, served: str, priya: Any) -> None:
    ((token,),) = lake.database("acme").sql("CREATE TOKEN FOR priya").rows()
    with (
        thermocline.connect(served, api_key=token) as hers,
        thermocline.connect(served, api_key="key") as owners,
    ):
        for text in QUESTIONS:
            here = shown(priya, text)
            assert shown(hers.database("acme"), text) == here
            assert shown(owners.database("acme", principal="priya"), text) == here
            for key, more in ((token, ()), ("key", ("--as", "priya"))):
                told = command(served, key, "sql", text, "--db", "acme", "--format", "csv", *more)
                assert told.stdout.splitlines()[0] == ",".join(here[0])
                assert len(told.stdout.splitlines()) == 1 + len(here[1])


def test_a_token_is_its_principal_and_nobody_else(lake: LocalLake, served: str) -> None:
    ((token,),) = lake.database("acme").sql("CREATE TOKEN FOR priya").rows()
    with thermocline.connect(served, api_key=token) as hers:
        assert hers.database("acme").tables() == ["customers", "orders"]
        disguised = hers.database("acme", principal="bob", settings={"app.customer_id": "8"})
        assert disguised.sql("SELECT DISTINCT customer_id FROM orders").rows() == [(7,)]
        assert hers.databases() == ["acme"]
        lake.database("acme").sql("DROP TOKEN FOR priya")
        with pytest.raises(Denied):
            hers.database("acme").tables()


def test_once_there_is_a_token_nobody_is_the_owner_for_nothing(lake: LocalLake, shop: LakeDatabase) -> None:
    with serving(lake) as url, thermocline.connect(url) as client:
        assert client.databases() == ["acme"]
        shop.sql("CREATE ROLE priya")
        shop.sql("CREATE TOKEN FOR priya")
        with pytest.raises(Denied):
            client.databases()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/policy"), ("PUT", "/v1/policy"), ("PUT", "/v1/policy?check=true"), ("GET", "/v1/top"),
     ("GET", "/metrics"), ("PUT", "/v1/mine"), ("GET", "/v1/objects"), ("POST", "/v1/objects/Cart/call"),
     ("POST", "/v1/%6fbjects/Cart/call"), ("GET", "//v1/policy"), ("GET", "/V1/policy")],
)  # fmt: skip
def test_what_is_of_the_lake_is_closed(lake: LocalLake, served: str, method: str, path: str) -> None:
    ((token,),) = lake.database("acme").sql("CREATE TOKEN FOR priya").rows()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/yaml"}
    reply = httpx.request(method, f"{served}{path}", headers=headers, content="{}", trust_env=False)
    assert reply.status_code == 403
    assert "priya" in reply.json()["error"]["message"]


def test_the_owner_applies_a_file_over_http(lake: LocalLake, served: str) -> None:
    with thermocline.connect(served, api_key="key") as owner:
        assert owner.policy_text() == lake.policy_text()
        assert owner.apply_policy(owner.policy_text()) == 1
        assert owner.check_policy("tables: {acme.nothing: {select: x}}")
        assert lake.policies.current().version == 1
        assert owner.apply_policy("tables: {acme.orders: {select: bob}}") == 2
        with pytest.raises(Invalid, match="line 1"):
            owner.apply_policy("tabels: {}\n")
    headers = {"Authorization": "Bearer key", "Accept": "application/yaml"}
    raw = httpx.get(f"{served}/v1/policy", headers=headers, trust_env=False)
    assert raw.text == lake.policy_text()


def test_the_command_shows_checks_and_applies_a_file(lake: LocalLake, served: str, tmp_path: Any) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    assert command(served, "key", "policy", "show").stdout == lake.policy_text()
    assert command(served, "key", "policy", "check", str(file)).exit_code == 0
    assert "version 1" in command(served, "key", "policy", "apply", str(file)).stdout
    file.write_text("tables: {acme.nothing: {select: x}}")
    checked = command(served, "key", "policy", "check", str(file))
    assert (checked.exit_code, "nothing" in checked.stdout) == (1, True)


def test_settings_are_given_with_a_name_alone(served: str) -> None:
    ids = "SELECT count(*) FROM orders WHERE customer_id = 8"
    asked = ("sql", ids, "--db", "acme", "--format", "csv", "--as", "priya")
    assert command(served, "key", *asked).stdout.splitlines()[1] == "0"
    assert command(served, "key", *asked, "--set", "app.customer_id=8").stdout.splitlines()[1] == "3"
    assert command(served, "key", *asked[:-2], "--set", "app.customer_id=8").exit_code == 1
