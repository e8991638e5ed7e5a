"""A language model that does what a text in a table says: it is told it as data, and gets nothing through."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

import thermocline
from thermocline.agent import modelled
from thermocline.agent.providers.base import Completion, Message
from thermocline.core.errors import Error

from ..injections import as_columns, as_values
from .conftest import NOW, customers

QUESTION = "which flurbs glimmer?"
A_COLUMN = 6
"""So many values of it are told."""
HIDDEN = "mail3@shop.example"


class Obedient:
    """Implements `Provider`: what it was told to say is its reply, whatever it is asked."""

    name, model = "obedient", "any"

    def __init__(self, sql: str = "SELECT 1") -> None:
        self.sql = sql
        self.asked: list[Sequence[Message]] = []

    def complete(self, messages: Sequence[Message], **_: Any) -> Completion:
        self.asked.append(messages)
        said = json.dumps({"sql": self.sql, "reading": "as I was told", "confidence": 1})
        return Completion(said, 1, 1, "end")


@pytest.fixture
def model() -> Obedient:
    return Obedient()


@pytest.fixture
def lake(tmp_path: Path, model: Obedient) -> Iterator[Any]:
    (tmp_path / "secret.csv").write_text("word\nabracadabra\n")
    with thermocline.connect(tmp_path / "lake", clock=lambda: NOW, background=False, model=model) as opened:
        shop = opened.database("acme")
        shop.append("customers", customers())
        shop.append("salaries", [{"person": "Ada", "salary": 98_765}])
        for statement in (
            "GRANT SELECT ON customers TO priya",
            "CREATE MASKING POLICY m ON customers (email) USING full",
            "CREATE ROW ACCESS POLICY r ON customers USING (city = 'Paris')",
        ):
            shop.sql(statement)
        opened.database("other").append("secrets", [{"word": "abracadabra"}])
        yield opened


# -- what it is told ------------------------------------------------------------------------------


def prompts(path: Path, values: list[str], columns: list[str], told: list[str]) -> list[list[str]]:
    """The messages of two questions over a lake with these texts in it."""
    model = Obedient()
    with thermocline.connect(path, clock=lambda: NOW, background=False, model=model) as lake:
        shop = lake.database("acme")
        rows: list[dict[str, str]] = [{} for _ in range(A_COLUMN)]
        for n, value in enumerate(values):
            rows[n % A_COLUMN][f"c{n // A_COLUMN}"] = value
        shop.append("texts", rows)
        shop.append("wide", [dict.fromkeys(columns, 1)])
        shop.append("select-all", [{"drop": "x"}])
        shop.apply_model(yaml.safe_dump({"tables": {"texts": {"synonyms": told}}}))
        for _ in range(2):
            shop.ask(QUESTION)
    return [[message.text for message in messages] for messages in model.asked]


def test_it_is_told_all_of_it_as_data(tmp_path: Path) -> None:
    values, columns = as_values(), as_columns()
    told = [text for text in values if text.isprintable() and text.strip()][:20]
    evil = prompts(tmp_path / "0", values, columns, told)
    plain = prompts(
        tmp_path / "1", [f"v{n}" for n in range(len(values))], [f"f{n}" for n in range(len(columns))], ["x"]
    )
    fences = []
    found: set[str] = set()
    for (system, user), (clean, clean_user) in zip(evil, plain, strict=True):
        (fence,) = set(re.findall(r"<data (\w+)>", system))
        fences.append(fence)
        lines = user.splitlines()
        assert lines == user.split("\n")
        assert (lines[0], lines[-2]) == (f"<data {fence}>", f"</data {fence}>")
        assert user.count(fence) == 2
        assert lines[-1] == clean_user.split("\n")[-1] == f'Question: "{QUESTION}"'
        (other,) = set(re.findall(r"<data (\w+)>", clean))
        assert system.replace(fence, "") == clean.replace(other, "")
        found |= {text for line in lines[1:-2] for text in texts(json.loads(line))}
    assert len({*fences}) == 2, "a new one for each question"
    assert all(len(fence) >= 16 for fence in fences)
    assert len(found & {text for text in values if len(text) <= 60}) > 60
    assert len(found & set(columns)) > 40


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for item in value.items() for part in item for text in texts(part))
    elif isinstance(value, list):
        yield from (text for item in value for text in texts(item))


# -- what it says ---------------------------------------------------------------------------------

WRITES = (
    "DROP TABLE customers",
    "INSERT INTO customers SELECT * FROM customers",
    "CREATE TABLE stolen AS SELECT * FROM customers",
    "CREATE MATERIALIZED VIEW stolen AS SELECT city, count(*) AS n FROM customers GROUP BY city",
    "GRANT SELECT ON salaries TO priya",
    "CREATE TOKEN FOR priya",
    "DROP MASKING POLICY m",
    "ALTER ROLE priya SET app.city = 'Berlin'",
)
"""What the owner may do, but no model for them."""
CLOSED = (
    "DELETE FROM customers",
    "UPDATE customers SET city = 'x'",
    "SELECT 1; DROP TABLE customers",
    "SELECT 1) AS checked; DROP TABLE customers; SELECT * FROM (SELECT 1",
    "SELECT 1 /* */; /* */ DELETE FROM customers",
    "SELECT 1 -- \n; DROP TABLE customers",
    "COPY customers TO '{folder}/out.csv'",
    "COPY (SELECT * FROM customers) TO '{folder}/out.csv'",
    "EXPORT DATABASE '{folder}/out'",
    "SELECT * FROM read_text('{folder}/secret.csv')",
    "SELECT * FROM read_csv('{folder}/secret.csv')",
    "SELECT * FROM '{folder}/secret.csv'",
    "SELECT * FROM glob('{folder}/*')",
    "FROM read_blob('{folder}/secret.csv')",
    "ATTACH '{folder}/x.db' AS x",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '1TB'",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "SELECT getenv('PATH')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM other.secrets",
    "SELECT * FROM system.audit",
    "SHOW GRANTS",
    "EXPLAIN ANALYZE SELECT * FROM customers",
)
"""What is open to nobody here."""
NOT_HERS = (
    "SELECT * FROM salaries",
    "SELECT salary FROM acme.salaries",
    "WITH s AS (SELECT * FROM salaries) SELECT max(salary) FROM s",
    "SELECT (SELECT max(salary) FROM salaries) AS top, name FROM customers",
    "SELECT name FROM customers WHERE 98765 IN (SELECT salary FROM salaries)",
    "SELECT city FROM customers UNION ALL SELECT person FROM salaries",
)
"""What its asker may not read."""


def state(lake: Any, folder: Path) -> Any:
    """All that a statement could have changed."""
    shop = lake.database("acme")
    files = {path for path in folder.rglob("*") if "lake/" not in str(path)}
    rows = shop.sql("SELECT * FROM customers ORDER BY _id").rows()
    return shop.tables(), shop.views(), rows, files, lake.policy_text()


@pytest.mark.parametrize("sql", [*WRITES, *CLOSED])
@pytest.mark.parametrize("who", [None, "priya"])
def test_nothing_but_a_query_of_its_tables_comes_through(
    lake: Any, model: Obedient, tmp_path: Path, sql: str, who: str | None
) -> None:
    before = state(lake, tmp_path)
    model.sql = sql.format(folder=tmp_path)
    answer = lake.database("acme", principal=who).ask(QUESTION)
    assert answer.kind == "refuse"
    assert answer.data is None
    assert "abracadabra" not in str(answer.to_dict())
    assert len(model.asked) == 4, "it was told what is wrong, three times"
    assert state(lake, tmp_path) == before


@pytest.mark.parametrize("sql", NOT_HERS)
def test_what_its_asker_may_not_read_it_does_not_read(lake: Any, model: Obedient, sql: str) -> None:
    model.sql = sql
    hers = lake.database("acme", principal="priya").ask(QUESTION)
    assert hers.kind == "refuse"
    assert "98765" not in str(hers.to_dict()).replace(sql, "")
    told = "".join(
        message.text for messages in model.asked for message in messages if message.role != "assistant"
    )
    assert "98765" not in told
    assert lake.database("acme").ask(QUESTION).kind == "answer", "the owner may"


def test_masks_and_row_policies_hold_for_it(lake: Any, model: Obedient) -> None:
    model.sql = "SELECT email, city FROM customers ORDER BY customer_id"
    hers, owners = (lake.database("acme", principal=who).ask(QUESTION).data.rows() for who in ("priya", None))
    assert set(hers) == {("***", "Paris")}
    assert (HIDDEN, "Paris") in owners
    assert len(owners) > len(hers)


@pytest.mark.parametrize("sql", WRITES)
def test_a_write_comes_through_with_the_rule_taken_out(
    lake: Any, model: Obedient, tmp_path: Path, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modelled, "wrong_with", lambda *_: None)
    before = state(lake, tmp_path)
    model.sql = sql
    lake.database("acme").ask(QUESTION)
    try:
        after = state(lake, tmp_path)
    except Error:
        return  # the table is gone
    made = "TOKEN" in sql and lake.has_tokens()
    assert made or after != before


@pytest.mark.parametrize("sql", CLOSED)
def test_what_is_open_to_nobody_has_a_second_wall(
    lake: Any, model: Obedient, tmp_path: Path, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modelled, "wrong_with", lambda *_: None)
    before = state(lake, tmp_path)
    model.sql = sql.format(folder=tmp_path)
    with suppress(Error):
        answer = lake.database("acme", principal="priya").ask(QUESTION)
        assert "abracadabra" not in str(answer.to_dict())
    assert state(lake, tmp_path) == before
