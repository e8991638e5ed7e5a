"""A policy as one YAML file: read, written, checked, put into force as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Denied, Invalid, NotFound
from thermocline.core.policy_file import read_policy
from thermocline.core.policy_text import policy_text

FILE = """
roles:
  analyst: {members: [priya], settings: {app.customer_id: "7"}}
  support: sam
databases:
  acme: {insert: etl, create: [etl]}
tables:
  acme.orders: {select: [analyst]}
  acme.customers: {select: [analyst, support]}
columns:
  acme.customers.email: {mask: partial(1, 4), except: [support]}
  acme.customers.name: hash
  acme.customers.pay: {mask: null}
  acme.customers.vip: {mask: "expression: NOT vip", to: analyst}
  acme.staff.id: {select: [analyst]}
row_filters:
  acme.orders:
    - {name: own, using: "customer_id = current_setting('app.customer_id')"}
    - amount > 0
schemas:
  acme.customer_{id}: {settings: {app.customer_id: "{id}"}, select: [partner]}
  acme.customer_7: {select: bob}
allowed_tables: {priya: [acme.orders, acme.customers]}
compute_limits:
  priya: {max_query_runtime: 30s, max_memory: 1GB, max_rows: 1000, max_model_tokens_per_question: 20000}
  analyst: {max_model_cost_per_day: 2.50}
"""


def test_a_file_is_what_the_statements_say(lake: LocalLake, shop: LakeDatabase) -> None:
    for text in (
        "GRANT analyst TO priya",
        "GRANT support TO sam",
        "ALTER ROLE analyst SET app.customer_id = '7'",
        "GRANT INSERT, CREATE ON DATABASE acme TO etl",
        "GRANT SELECT ON orders TO analyst",
        "GRANT SELECT ON customers TO analyst, support",
        "CREATE MASKING POLICY customers_email ON customers (email) USING partial(1, 4) EXCEPT support",
        "CREATE MASKING POLICY customers_name ON customers (name) USING hash",
        "CREATE MASKING POLICY customers_pay ON customers (pay) USING null",
        "CREATE MASKING POLICY customers_vip ON customers (vip) USING (NOT vip) TO analyst",
        "GRANT SELECT (id) ON staff TO analyst",
        "CREATE ROW ACCESS POLICY own ON orders USING (customer_id = current_setting('app.customer_id'))",
        "CREATE ROW ACCESS POLICY orders_rows_2 ON orders USING (amount > 0)",
        "CREATE VIRTUAL SCHEMA customer_{id} SET app.customer_id = '{id}'",
        "GRANT SELECT ON SCHEMA customer_{id} TO partner",
        "GRANT SELECT ON SCHEMA customer_7 TO bob",
        "ALTER ROLE priya SET allowed_tables = 'acme.orders, acme.customers'",
        "ALTER ROLE priya SET max_query_runtime = '30s'",
        "ALTER ROLE priya SET max_memory = '1GB'",
        "ALTER ROLE priya SET max_rows = '1000'",
        "ALTER ROLE priya SET max_model_tokens_per_question = '20000'",
        "ALTER ROLE analyst SET max_model_cost_per_day = '2.50'",
    ):
        if "staff" in text:
            shop.append("staff", [{"id": 1}])
        shop.sql(text)
    assert lake.policy_text() == policy_text(read_policy(FILE))
    version = lake.policies.current().version
    assert lake.apply_policy(FILE) == version
    assert lake.apply_policy(lake.policy_text()) == version


def test_writing_and_reading_goes_round() -> None:
    text = policy_text(read_policy(FILE))
    assert policy_text(read_policy(text)) == text
    assert read_policy("") == read_policy("{}\n")
    assert policy_text(read_policy("")) == "{}\n"


def test_it_takes_the_place_of_all_but_tokens_as_one_version(lake: LocalLake, shop: LakeDatabase) -> None:
    shop.sql("GRANT SELECT ON customers TO bob, priya")
    ((token,),) = shop.sql("CREATE TOKEN FOR bob").rows()
    before = lake.policies.current()
    assert lake.apply_policy("tables: {acme.orders: {select: priya}}") == before.version + 1
    after = lake.policies.current()
    assert after.salt == before.salt
    assert lake.principal_of(token) == "bob"
    assert lake.database("acme", principal="priya").tables() == ["orders"]
    with pytest.raises(Denied):
        lake.database("acme", principal="bob").sql("SELECT * FROM customers")


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("tables:\n  acme.t: {selct: [x]}", 2, "select"),
        ("tables:\n  t: {select: [x]}", 2, "acme.sales"),
        ("rowfilter: {}", 1, "rowFilters"),
        ("roles:\n  a: b\n  b: a", 3, "circles"),
        ("roles:\n  a: b\n  A: c", 3, "line 2"),
        ("columns:\n  acme.t.c: hsah", 2, "hash"),
        ("columns:\n  acme.t.c:\n    mask: partial", 2, "partial(1, 4)"),
        ("columns:\n  acme.t.c: {to: [x]}", 2, "mask"),
        ("columns:\n  acme.t.c: {insert: [x]}", 2, "tables: acme.t"),
        ("rowFilters:\n  acme.t: {name: x}", 2, "using"),
        ("rowFilters:\n  acme.t:\n    - a = 1\n    - {usng: b}", 4, "using"),
        ("compute_limits:\n  max_memory: 1GB", 1, "priya"),
        ("compute_limits:\n  priya: {max_query_runtime: soon}", 2, "30s"),
        ("compute_limits:\n  priya: {max_memory: much}", 2, "2GB"),
        ("compute_limits:\n  priya: {max_rows: all}", 2, "1000"),
        ("compute_limits:\n  max_rows: 10", 1, "priya"),
        ("compute_limits:\n  priya: {max_model_tokens: 10}", 2, "max_model_tokens_per"),
        ("tables:\n  acme.t: {select: ['1 x']}", 2, "a letter"),
        ("tables: [acme.t]", 1, "name"),
        ("tables:\n  acme.t: {select: [x}", 2, ""),
        ("columns:\n  a.b.c: {mask: expression: left(x, 2)}", 2, "quote"),
    ],
)
def test_what_is_wrong_is_told_by_line_with_what_would_be_right(text: str, line: int, hint: str) -> None:
    with pytest.raises(Invalid, match=f"line {line}: ") as caught:
        read_policy(text)
    assert hint in caught.value.hint


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Invalid, match=r"line 1: .*; line 3: .*; line 5: ") as caught:
        read_policy("rows: {}\ntables:\n  acme.t: {selct: x}\ncolumns:\n  acme.t.c: hsah\n")
    assert caught.value.hint.count("line ") == 3


def test_a_check_names_what_the_lake_does_not_have(lake: LocalLake, shop: LakeDatabase) -> None:  # noqa: ARG001
    assert lake.check_policy("tables: {acme.orders: {select: x}}") == []
    text = """
databases: {acmee: {select: x}}
tables: {acme.ordes: {select: x}}
columns: {acme.customers.nam: {select: x}, acme.customers.mail: full}
rowFilters: {acme.orders: "region = 1", acme.nothing: "true"}
allowed_tables: {x: [acme.lost]}
"""
    problems = " ".join(lake.check_policy(text))
    for name in ("acmee", "ordes", "`nam`", "`mail`", "`region`", "nothing", "acme.lost"):
        assert name in problems
    assert "did you mean `orders`" in problems


def test_rules_that_could_not_hold_are_not_put_into_force(lake: LocalLake, shop: LakeDatabase) -> None:
    shop.sql("GRANT SELECT ON orders TO priya")
    before = lake.policies.current()
    for text in (
        "columns: {acme.customers.mail: full}",
        "rowFilters: {acme.orders: 'region = 1'}",
        "rowFilters: {acme.orders: \"read_text('x') = ''\"}",
        "rowFilters: {acme.orders: 'true) OR (true'}",
        "columns: {acme.customers.email: 'expression: (SELECT 1; SELECT 2)'}",
    ):
        with pytest.raises(Invalid):
            lake.apply_policy(text)
    assert lake.policies.current() == before


def test_a_file_or_its_text_is_given(lake: LocalLake, shop: LakeDatabase, tmp_path: Path) -> None:  # noqa: ARG001
    file = tmp_path / "policy.yaml"
    file.write_text("tables:\n  acme.orders: {select: priya}\n")
    versions: list[Any] = [lake.apply_policy(given) for given in (file, str(file), file.read_text())]
    assert versions == [1, 1, 1]
    with pytest.raises(NotFound, match="no policy file"):
        lake.apply_policy("nowhere.yaml")
