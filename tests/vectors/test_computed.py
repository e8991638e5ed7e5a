"""Vectors that a model computes: behind the log, in every tier, and told of where they are missing."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import thermocline
from thermocline.core.errors import Invalid, Unavailable
from thermocline.core.policy import TierPolicy
from thermocline.core.protocols import Lakehouse
from thermocline.embedders import find
from thermocline.embedders.base import Vectors
from thermocline.embedders.hashing import Hashing

from ..conftest import FakeClock

SIZE = 64
CREATE = (
    f"create table docs (title varchar, body varchar, meaning float[{SIZE}]"
    " generated always as (embed('hashing', title || ' ' || body)) stored, n bigint)"
)
TEXTS = ["a kettle boils water", "two wheels and a chain", "a hot drink of leaves", "a river of water"]


class Moody:
    """The hashing model, which does not answer while it is `down`, and waits while it is to `wait`."""

    name, version, dimensions = "hashing", "1", SIZE

    def __init__(self) -> None:
        self.down = False
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.down:
            raise Unavailable("the model does not answer", hint="this is a test")
        self.texts += texts
        return Hashing(SIZE).embed(texts)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Moody:
    made = Moody()
    monkeypatch.setitem(find._known, ("hashing", SIZE), made)
    return made


@pytest.fixture
def open_lake(tmp_path: Path, clock: FakeClock) -> Iterator[Callable[..., Lakehouse]]:
    opened: list[Lakehouse] = []

    def open_it(**options: Any) -> Lakehouse:
        for lake in opened:
            lake.close()
        opened.append(thermocline.connect(tmp_path / "lake", clock=clock, **options))
        return opened[-1]

    yield open_it
    for lake in opened:
        lake.close()


def rows(*texts: str | None) -> list[dict[str, Any]]:
    return [{"title": "on", "body": text, "n": n} for n, text in enumerate(texts)]


def nearest(database: Any, question: str, **options: Any) -> str:
    return str(database.search(question, k=1, **options).dicts()[0]["body"])


def missing(database: Any, **options: Any) -> int:
    told = database.sql("select meaning from docs", **options).certificate.to_dict()["tables"]["docs"]
    return sum(told.get("missing", {}).get("shard-0", {}).values())


def test_vectors_come_behind_the_append_and_sink_with_their_events(
    open_lake: Callable[..., Any], model: Moody
) -> None:
    database = open_lake(background=False).database("acme")
    database.sql(CREATE)
    database.append("docs", rows(*TEXTS, None))
    assert missing(database) == 5
    assert database.sql("select body from docs where meaning is not null").rows() == []
    assert database.embed().rows == 5
    assert missing(database) == 0
    assert sorted(model.texts) == sorted(f"on {text}" for text in TEXTS)
    expected = Hashing(SIZE).embed([f"on {text}" for text in TEXTS])
    for move in (lambda: None, database.flush, database.archive):
        move()
        found = database.sql("select body, meaning from docs where body is not null order by n").rows()
        np.testing.assert_array_equal(np.array([vector for _, vector in found], np.float32), expected)
        assert database.sql("select count(*), count(meaning) from docs").rows() == [(5, 4)]
        assert nearest(database, "wheels") == TEXTS[1]
        assert missing(database) == 0
    database.verify()


def test_what_was_computed_is_there_after_a_restart(open_lake: Callable[..., Any], model: Moody) -> None:
    lake = open_lake(background=False)
    lake.database("acme").sql(CREATE)
    lake.database("acme").append("docs", rows(*TEXTS))
    lake.database("acme").embed()
    lake.database("acme").append("docs", rows("one more"))
    database = open_lake(background=False).database("acme")
    model.down = True
    found = database.sql("select body from docs where meaning is not null order by n").rows()
    assert [body for (body,) in found] == TEXTS
    assert missing(database) == 1


def test_what_was_damaged_is_computed_again(
    open_lake: Callable[..., Any], model: Moody, tmp_path: Path
) -> None:
    lake = open_lake(background=False)
    lake.database("acme").sql(CREATE)
    for text in TEXTS:
        lake.database("acme").append("docs", rows(text))
        lake.database("acme").embed()
    lake.close()
    file = tmp_path / "lake" / "databases" / "acme" / "hot.sqlite"
    with closing(sqlite3.connect(file)) as hot:
        hot.execute("UPDATE _computed SET data = zeroblob(length(data)) WHERE last_seq = 4")
        hot.commit()
    Path(f"{file}.seal").unlink()
    database = open_lake(background=False).database("acme")
    assert missing(database) == 2
    database.embed()
    assert missing(database) == 0
    assert len(model.texts) == len(TEXTS) + 2


@pytest.mark.parametrize("tier", ["hot", "warm", "cold"])
def test_a_model_that_comes_late_is_made_up_for_in_every_tier(
    open_lake: Callable[..., Any], model: Moody, tier: str
) -> None:
    database = open_lake(background=False).database("acme")
    database.sql(CREATE)
    model.down = True
    database.append("docs", rows(*TEXTS, None))
    mark = database.bookmark()
    if tier != "hot":
        database.flush()
    if tier == "cold":
        database.archive()
    with pytest.raises(Unavailable, match="does not answer"):
        database.embed()
    assert missing(database) == 5
    model.down = False
    database.embed()
    assert missing(database) == missing(database, as_of=mark) == 0
    model.down = True
    assert database.sql("select count(*), count(meaning) from docs").rows() == [(5, 4)]
    assert database.sql("select count(meaning) from docs", as_of=mark).rows() == [(4,)]
    assert database.embed().files == 0
    database.verify()


def test_compaction_keeps_account_of_what_is_missing(open_lake: Callable[..., Any], model: Moody) -> None:
    database = open_lake(background=False).database("acme")
    database.sql(CREATE)
    database.append("docs", rows(*TEXTS))
    database.embed()
    database.flush()
    model.down = True
    database.append("docs", rows("late", None))
    database.flush()
    assert missing(database) == 2
    database.compact()
    assert missing(database) == 2
    model.down = False
    database.embed()
    assert missing(database) == 0
    assert model.texts.count("on late") == 1
    assert len(model.texts) == len(TEXTS) + 1


def test_another_model_computes_anew_and_the_past_keeps_its_own(open_lake: Callable[..., Any]) -> None:
    database = open_lake(background=False).database("acme")
    database.sql(CREATE)
    for text in TEXTS:
        database.append("docs", [{"title": "on", "body": text, "n": 1}])
        if text == TEXTS[1]:
            database.archive()
        if text == TEXTS[2]:
            database.flush()
    database.embed()
    mark = database.bookmark()
    meaning = "meaning float[128] generated always as (embed('hashing', body))"
    statement = f"alter table docs alter column {meaning}"
    assert database.sql(statement).rows() == [(True,)]
    assert database.sql(statement).rows() == [(False,)]
    assert missing(database) == len(TEXTS)
    database.embed()
    assert missing(database) == 0
    for move in (lambda: None, database.flush, database.archive):
        move()
        lengths = "select distinct len(meaning) from docs"
        assert database.sql(lengths).rows() == [(128,)]
        assert database.sql(lengths, as_of=mark).rows() == [(SIZE,)]
        assert database.sql("select count(meaning_hashing_1) from docs").rows() == [(len(TEXTS),)]
        assert nearest(database, "wheels") == TEXTS[1]
    database.append("docs", rows("a new one"))
    database.embed()
    assert database.sql("select count(meaning), count(meaning_hashing_1) from docs").rows() == [
        (len(TEXTS) + 1, len(TEXTS))
    ]
    assert missing(database) == 0
    database.verify()


def test_a_column_that_comes_later_is_computed_of_what_was_there(open_lake: Callable[..., Any]) -> None:
    database = open_lake(background=False).database("acme")
    database.append("docs", rows(*TEXTS[:2]))
    database.flush()
    database.append("docs", rows(*TEXTS[2:]))
    database.sql(
        f"alter table docs add column meaning float[{SIZE}] generated always as (embed('hashing', body))"
    )
    assert missing(database) == 4
    database.embed()
    assert missing(database) == 0
    assert nearest(database, "wheels") == TEXTS[1]
    assert nearest(database, "leaves") == TEXTS[2]


def test_nobody_waits_for_a_model_and_it_is_asked_again(open_lake: Callable[..., Any], model: Moody) -> None:
    model.down = True
    database = open_lake().database("acme")
    database.sql(CREATE)
    database.append("docs", rows(*TEXTS))
    assert database.sql("select count(*) from docs").rows() == [(4,)]
    time.sleep(0.2)
    assert missing(database) == 4
    model.down = False
    deadline = time.monotonic() + 20
    while missing(database) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert nearest(database, "wheels") == TEXTS[1]


def test_events_wait_for_their_vectors_before_they_sink_by_themselves(
    open_lake: Callable[..., Any], model: Moody
) -> None:
    policy = TierPolicy(hot_rows=10)
    database = open_lake(background=False, policy=policy).database("acme")
    database.sql(CREATE)
    database.append("docs", rows(*TEXTS))
    database.embed()
    model.down = True
    database.append("docs", rows(*"abcdefgh"))
    (shard,) = database.shards.all()
    assert shard.tick().moved.rows == 4
    database.append("docs", rows(*map(str, range(40))))
    assert shard.tick().moved.rows == 48


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("random()::varchar", "not a text"),
        ("(select max(body) from docs)", "not a text"),
        ("nobody", "not a text"),
        ("read_text('/etc/passwd')", "not a text"),
        ("body || $q", "not a text"),
    ],
)
def test_a_text_that_is_none_is_refused(open_lake: Callable[..., Any], text: str, said: str) -> None:
    database = open_lake(background=False).database("acme")
    with pytest.raises(Invalid, match=said):
        database.sql(
            f"create table t (body varchar, e float[8] generated always as (embed('hashing', {text})))"
        )
    assert database.tables() == []


def test_what_can_not_be_computed_is_refused(open_lake: Callable[..., Any]) -> None:
    database = open_lake(background=False).database("acme")
    for definition in (
        "e float[8] generated always as (embed('no-such-model', body))",
        "e float[8] generated always as (embed('minilm', body))",
        "e varchar generated always as (embed('hashing', body))",
        "e float[8] generated always as (upper(body))",
    ):
        with pytest.raises(Invalid):
            database.sql(f"create table t (body varchar, {definition})")
    database.sql("create table t (body varchar, e float[8] generated always as (embed('hashing', body)))")
    with pytest.raises(Invalid, match="computed"):
        database.append("t", [{"body": "x", "e": [0.0] * 8}])
    with pytest.raises(Invalid, match="exists"):
        database.sql("alter table t add column e float[8] generated always as (embed('hashing', body))")
    with pytest.raises(Invalid):
        database.sql("alter table t add column f bigint")
    database.sql("insert into t values ('by position')")
    assert database.sql("select body from t").rows() == [("by position",)]
