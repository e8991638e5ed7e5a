"""A vector that is computed of a masked text tells of it as the text would, so it is masked as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.local import LocalLake
from thermocline.core.protocols import Database

from ..conftest import FakeClock
from .worlds import outcome

SIZE = 64
SECRETS = (
    ("a kettle boils water", "two wheels and a chain", "a hot drink of leaves", "a river of water"),
    ("a hot drink of iron", "the price of cold tin", "all planets and a sun", "a ladder in the yard"),
)
GUESS = SECRETS[0][2]
# By name, between quotes, by place (behind the 13 columns of the envelope), by pattern.
CREATE = f"""
CREATE TABLE docs (id BIGINT, title VARCHAR, body VARCHAR, "odd ""name" VARCHAR,
  meaning FLOAT[{SIZE}] GENERATED ALWAYS AS (embed('hashing', title || ' ' || "BODY")),
  odd FLOAT[{SIZE}] GENERATED ALWAYS AS (embed('hashing', "odd ""name")),
  placed FLOAT[{SIZE}] GENERATED ALWAYS AS (embed('hashing', #16)),
  matched FLOAT[{SIZE}] GENERATED ALWAYS AS (embed('hashing', COLUMNS('b.dy'))),
  titles FLOAT[{SIZE}] GENERATED ALWAYS AS (embed('hashing', title)))
"""
MASKS = ("full", "partial(1, 0)", "null", "('?' || left(body, 0))")

Act = Callable[[Database], Any]


def build(path: Path, secrets: tuple[str, ...], mask: str) -> LocalLake:
    lake = thermocline.connect(path, clock=FakeClock(), background=False)
    assert isinstance(lake, LocalLake)
    bytes_from = iter(range(1, 10_000))
    lake._entropy = lambda n: (next(bytes_from) % 251).to_bytes(1, "big") * n
    shop = lake.database("acme")
    shop.sql(CREATE)
    rows = [
        {"_id": f"d{n}", "id": n, "title": f"t{n}", "body": text, 'odd "name': text}
        for n, text in enumerate(secrets)
    ]
    shop.append("docs", rows[:2])
    shop.flush("docs")
    shop.append("docs", rows[2:])
    shop.embed("docs")
    shop.sql("GRANT SELECT ON docs TO priya")
    shop.sql(f"CREATE MASKING POLICY m ON docs (body) USING {mask}")
    shop.sql('CREATE MASKING POLICY o ON docs ("odd ""name") USING null')
    return lake


@pytest.fixture(scope="module", params=MASKS)
def lakes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LocalLake, LocalLake]]:
    folder = tmp_path_factory.mktemp("vectors")
    with (
        build(folder / "0", SECRETS[0], request.param) as first,
        build(folder / "1", SECRETS[1], request.param) as second,
    ):
        yield first, second


def sql(text: str, *params: Any) -> Act:
    return lambda database: database.sql(text, list(params))


def _asked(statement: str, near: list[float], database: Database) -> Any:
    return database.sql(statement, {"q": near})


def search(**options: Any) -> Act:
    return lambda database: database.search(GUESS, table="docs", **options)


def vector_of(text: str) -> list[float]:
    from thermocline.embedders.hashing import Hashing

    return [float(number) for number in Hashing(SIZE).embed([text])[0]]


def attempts(column: str) -> Iterator[Act]:
    near = vector_of(GUESS)
    # All four rows, or in an order of which nothing is left to chance: without distances any row is as near.
    yield search(column=column)
    yield search(column=column, mode="both")
    yield search(column=column, vector=near)
    yield lambda database: database.search(near, table="docs", column=column)
    for distance in ("{c} <=> $q", "{c} <-> $q", "array_distance({c}, $q)"):
        text = distance.format(c=column)
        for statement in (
            f"SELECT id, {text} AS d FROM docs ORDER BY d LIMIT 4",
            f"SELECT id, row_number() OVER (ORDER BY {text}, id) FROM docs",
            f"SELECT count(*) FROM docs WHERE {text} < 0.5",
        ):
            yield partial(_asked, statement, near)
    yield sql(f"SELECT id, {column} FROM docs")
    yield sql(f"SELECT sum({column}[1]), min({column}[2]) FROM docs")
    yield sql(f"SELECT a.id, b.id, array_distance(a.{column}, b.{column}) FROM docs a, docs b")
    yield sql(f"SELECT id, rank() OVER (ORDER BY {column}::VARCHAR) FROM docs")
    yield sql(f"SELECT hash({column}) FROM docs d")
    yield sql(f"SELECT to_json(d) FROM (SELECT {column} FROM docs) d")


@pytest.mark.parametrize("column", ["meaning", "odd", "placed", "matched"])
def test_it_tells_nothing_to_who_may_not_see_the_text(
    lakes: tuple[LocalLake, LocalLake], column: str
) -> None:
    for number, act in enumerate(attempts(column)):
        first, second = (outcome(lake.database("acme", principal="priya"), act) for lake in lakes)
        assert first == second, number
        seen = [outcome(lake.database("acme"), act) for lake in lakes]
        assert seen[0] != seen[1], f"attempt {number} shows the owner nothing"


def test_words_are_those_that_are_shown(lakes: tuple[LocalLake, LocalLake]) -> None:
    for lake in lakes:
        hers, owners = lake.database("acme", principal="priya"), lake.database("acme")
        assert hers.search("drink", table="docs", mode="words").rows() == []
        assert len(owners.search("drink", table="docs", mode="words").rows()) == 1


def test_a_vector_of_what_is_shown_is_shown(lakes: tuple[LocalLake, LocalLake]) -> None:
    hers = lakes[0].database("acme", principal="priya")
    assert hers.search("t2", table="docs", column="titles", k=1).dicts()[0]["id"] == 2
    assert hers.sql("SELECT count(titles), count(meaning) FROM docs").rows() == [(4, 0)]
