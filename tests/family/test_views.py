"""Materialised views: what they answer is what their query answers, whatever was kept of it and when."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.database import LakeDatabase
from thermocline.actors.family import keeping
from thermocline.actors.local import LocalLake
from thermocline.core.clock import now_us
from thermocline.core.errors import Conflict, Invalid, NotFound, Unavailable
from thermocline.router.materialized.definition import hidden_parts

from ..conftest import FakeClock

GROUPS = (
    "SELECT upper(p) AS p, sum(q) AS total, avg(q) AS mean, count(*) AS n, max(d) FROM sales"
    " WHERE q > 2 GROUP BY p"
)
ROWS = "SELECT p, q * 2 AS twice, _time FROM sales WHERE p <> 'mug'"
WHOLE = "SELECT DISTINCT p FROM sales"
TOTAL = "SELECT count(*) AS n, sum(q) AS total FROM sales"

SPREADS: dict[str, dict[str, Any]] = {
    "one shard": {},
    "by a column": {"shards": 3, "key": "p"},
    "by stream": {"shards": 3, "shard_by": "hash"},
    "by hour": {"shards": 2, "shard_by": "hour"},
}


@pytest.fixture(params=SPREADS, ids=str)
def shop(request: pytest.FixtureRequest, lake: LocalLake) -> LakeDatabase:
    return lake.create_database("acme", **SPREADS[request.param])


def rows(random: random.Random, count: int, start: int) -> list[dict[str, Any]]:
    return [
        {
            "p": random.choice(["tea", "mug", "cup", None]),
            "q": random.choice([None, *range(10)]),
            "d": random.random(),
            "_time": f"2026-10-{random.randint(1, 28):02}T0{random.randint(0, 9)}:00:00Z",
            "_id": f"e{start + number}",
        }
        for number in range(count)
    ]


def answers(shop: LakeDatabase, sql: str, **at: Any) -> list[tuple[Any, ...]]:
    found = shop.sql(sql, **at).rows()
    return sorted((tuple(round(v, 9) if isinstance(v, float) else v for v in row) for row in found), key=repr)


def test_a_view_answers_as_its_query_does_now_and_at_any_instant(
    shop: LakeDatabase, clock: FakeClock
) -> None:
    chance = random.Random(7)
    shop.append("sales", rows(chance, 20, 0))
    queries = {"groups_v": GROUPS, "rows_v": ROWS, "total_v": TOTAL}
    for name, sql in queries.items():
        assert shop.create_view(name, sql, refresh="manual")
    instants = []
    steps: list[Callable[[], object]] = [
        lambda: shop.refresh_view("groups_v"),
        lambda: shop.refresh_view("rows_v"),
        lambda: shop.refresh_view("total_v"),
        lambda: shop.refresh_view("groups_v", rebuilt=True),
        shop.flush,
        shop.archive if shop.shard_map().single else shop.compact,
    ]
    for number in range(1, 25):
        shop.append("sales", rows(chance, chance.randint(1, 5), number * 100))
        chance.choice(steps)()
        instants.append(clock())
        for name, sql in queries.items():
            assert answers(shop, f"SELECT * FROM {name}") == answers(shop, sql)
    for instant in chance.sample(instants, 6):
        for name, sql in queries.items():
            assert answers(shop, f"SELECT * FROM {name}", as_of=instant) == answers(shop, sql, as_of=instant)


def test_a_bookmark_reads_a_view_as_of_then(shop: LakeDatabase) -> None:
    shop.append("sales", [{"p": "tea", "q": 5, "d": 1.0, "_time": "2026-10-01"}])
    shop.create_view("v", GROUPS)
    then = shop.bookmark()
    shop.append("sales", [{"p": "cup", "q": 6, "d": 1.0, "_time": "2026-10-02"}])
    shop.refresh_view("v")
    assert answers(shop, "FROM v", as_of=then) == [("TEA", 5, 5.0, 1, 1.0)]


def test_what_is_kept_is_read_instead_of_the_events(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"p": "tea", "q": 5, "d": 1.0}])
    shop.create_view("v", GROUPS)
    shop.flush()
    told = shop.explain("SELECT * FROM v")
    assert told.startswith("view v: incremental, groups of `sales`; kept up to 2026-11-01T")
    assert "reads 0 of 1 file" in told.partition("table sales")[2]


def test_sql_makes_refreshes_and_drops_views(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"p": "tea", "q": 5}])
    made = shop.sql(
        "CREATE MATERIALIZED VIEW IF NOT EXISTS v WITH (refresh = '30s') AS SELECT p, q FROM sales"
    )
    assert made.rows() == [(True,)]
    assert shop.sql("CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1 AS one").rows() == [(False,)]
    shop.append("sales", [{"p": "cup", "q": 6}])
    assert shop.sql("REFRESH MATERIALIZED VIEW v").rows() == [(1,)]
    assert shop.sql("REFRESH MATERIALIZED VIEW acme.v").rows() == [(0,)]
    (told,) = shop.views()
    assert (told["name"], told["refresh"], told["rows"], told["problem"]) == ("v", "30s", 2, None)
    assert told["kept"] == "incremental, rows of `sales`"
    assert shop.tables() == ["sales"]
    with pytest.raises(NotFound) as missing:
        shop.sql("FROM sal")
    assert "mv--" not in missing.value.hint
    assert shop.sql("SHOW TABLES").rows() == [("sales",)]
    assert shop.sql("DROP MATERIALIZED VIEW v").rows() == [(True,)]
    assert shop.views() == []
    with pytest.raises(NotFound):
        shop.sql("SELECT * FROM v")
    with pytest.raises(NotFound):
        shop.sql("DROP MATERIALIZED VIEW v")
    assert shop.sql("DROP MATERIALIZED VIEW IF EXISTS v").rows() == [(False,)]


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (WHOLE, "an aggregate, a function or a grouping"),
        ("SELECT a.p FROM sales a JOIN sales b USING (p)", "several tables"),
        ("SELECT p FROM sales ORDER BY q LIMIT 2", "a LIMIT"),
        ("SELECT p, row_number() OVER (ORDER BY q) AS n FROM sales", "a window"),
        ("SELECT p, _time < now() AS past FROM sales", "when it is asked"),
        ("SELECT p FROM sales WHERE q > (SELECT avg(q) FROM sales)", "several tables"),
        ("SELECT p, count(DISTINCT q) AS n FROM sales GROUP BY p", "an aggregate, a function"),
        ("SELECT p FROM sales UNION SELECT p FROM sales", "several tables"),
    ],
)
def test_what_cannot_be_kept_bit_by_bit_is_recomputed_and_says_so(
    lake: LocalLake, sql: str, why: str
) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"p": "tea", "q": 5}, {"p": "cup", "q": 1}])
    shop.create_view("v", sql, refresh="manual")
    (told,) = shop.views()
    assert told["kept"].startswith("recomputed whole at each refresh")
    assert why in told["kept"]
    assert told["kept"] in shop.explain("FROM v")
    before = answers(shop, sql)
    shop.append("sales", [{"p": "jug", "q": 9}])
    assert answers(shop, "FROM v") == before
    shop.refresh_view("v")
    assert answers(shop, "FROM v") == answers(shop, sql)


def test_two_refreshes_from_one_mark_count_nothing_twice(lake: LocalLake, clock: FakeClock) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"q": 5}])
    shop.create_view("v", TOTAL)
    shop.append("sales", [{"q": 6}])
    stale = shop.router.views.view("v")
    assert stale is not None
    keeping.refresh(shop, stale, now_us(clock))
    shop.append("sales", [{"q": 7}])
    with pytest.raises(Conflict):
        keeping.refresh(shop, stale, now_us(clock))
    assert shop.sql("FROM v").rows() == [(3, 18)]


def test_rows_that_expire_make_a_view_a_whole(lake: LocalLake, clock: FakeClock) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"q": 5}])
    shop.create_view("v", TOTAL)
    stale = shop.router.views.known()
    shop.append("sales", [{"q": 6, "_ttl_seconds": 60}])
    assert shop.sql("FROM v").rows() == [(2, 11)]
    shop.refresh_view("v")
    assert "expire" in shop.views()[0]["kept"]
    clock.advance(hours=1)
    shop.refresh_view("v")
    assert shop.sql("FROM v").rows() == [(1, 5)]
    # A query that was written out before still reads the old table, and right.
    assert shop.router._sql("FROM v", views=stale).rows() == [(1, 5)]


def test_parts_are_folded_now_and_then(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"p": "tea", "q": 0, "d": 0.0}])
    shop.create_view("v", GROUPS)
    for number in range(1, 40):
        shop.append("sales", [{"p": "tea", "q": number, "d": 0.0}])
        shop.refresh_view("v")
    (told,) = shop.views()
    assert told["rows"] < 10
    assert answers(shop, "FROM v") == answers(shop, GROUPS)


def test_a_view_outlives_its_process_and_is_read_beside_the_writer(tmp_path: Path, clock: FakeClock) -> None:
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
        shop = lake.database("acme")
        shop.append("sales", [{"p": "tea", "q": 5}])
        shop.create_view("v", TOTAL)
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
        shop = lake.database("acme")
        shop.append("sales", [{"p": "tea", "q": 6}])
        with thermocline.connect(tmp_path / "lake", clock=clock, read_only=True) as beside:
            assert beside.database("acme").sql("FROM v").rows() == [(2, 11)]
            with pytest.raises(Unavailable):
                beside.database("acme").refresh_view("v")
        assert shop.refresh_view("v") == 1
        assert shop.sql("FROM v").rows() == [(2, 11)]


def test_an_append_has_its_views_refreshed_by_themselves(tmp_path: Path) -> None:
    import time

    with thermocline.connect(tmp_path / "lake") as lake:
        shop = lake.database("acme")
        shop.append("sales", [{"q": 5}])
        shop.create_view("v", TOTAL, refresh="0.1s")
        upto = shop.views()[0]["upto"]
        shop.append("sales", [{"q": 6}])
        deadline = time.monotonic() + 20
        while shop.views()[0]["upto"] == upto:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert shop.views()[0]["rows"] == 2


def test_a_view_reads_another_view_and_keeps_its_table_from_being_dropped(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"p": "tea", "q": 5}, {"p": "cup", "q": 1}])
    shop.create_view("small", "SELECT p, q FROM sales WHERE q < 5")
    shop.create_view("smallest", "SELECT min(q) AS least FROM small")
    shop.append("sales", [{"p": "cup", "q": 0}])
    assert shop.sql("FROM small").rows() == [("cup", 1), ("cup", 0)]
    shop.refresh_view("smallest")
    assert shop.sql("FROM smallest").rows() == [(0,)]
    with pytest.raises(Invalid, match="view `small` reads `sales`"):
        shop.sql("DROP TABLE sales")
    assert [hidden_parts(name) is None for name in shop.shards.table_names()].count(False) == 2


def test_new_columns_of_a_table_are_not_the_view_s(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"p": "tea"}])
    shop.create_view("v", "SELECT * FROM sales")
    shop.append("sales", [{"p": "cup", "size": 3}])
    assert answers(shop, "FROM v") == [("cup",), ("tea",)]
    shop.refresh_view("v")
    assert answers(shop, "FROM v") == [("cup",), ("tea",)]


@pytest.mark.parametrize(
    ("name", "sql", "message"),
    [
        ("v", "SELECT p, q AS p FROM sales", "two columns are named `p`"),
        ("v", "SELECT NULL AS p", "has no type"),
        ("sales", "SELECT p FROM sales", "is a table"),
        ("v", "SELECT p FROM sales WHERE q = ?", "no parameters"),
        ("v" * 60, "SELECT p FROM sales", "too long"),
        ("v", "DROP TABLE sales", "needs a query"),
    ],
)
def test_what_cannot_be_a_view(lake: LocalLake, name: str, sql: str, message: str) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"p": "tea", "q": 5}])
    with pytest.raises(Invalid, match=message):
        shop.create_view(name, sql)
    assert shop.views() == []


def test_a_database_by_region_brings_nothing_together(lake: LocalLake) -> None:
    shop = lake.create_database("acme", shard_by="region", key="country", regions={"DE": "eu", "US": "us"})
    with pytest.raises(Invalid, match="stay in their region"):
        shop.create_view("v", TOTAL)


def test_dead_generations_go_and_a_reader_of_an_old_table_finds_the_new_one(
    lake: LocalLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "DEAD_ROWS", 2)
    shop = lake.database("acme")
    shop.append("sales", [{"p": "tea", "q": 5}, {"p": "cup", "q": 1}])
    shop.create_view("v", WHOLE)
    remembered = dict(shop.router.views.known())
    for number in range(20):
        shop.append("sales", [{"p": f"p{number}", "q": number}])
        shop.refresh_view("v")
    hidden = [parts for name in shop.shards.table_names() if (parts := hidden_parts(name))]
    assert len(hidden) <= 2
    assert max(number for _, number in hidden) > 2
    shop.router.views._views = remembered
    assert answers(shop, "FROM v") == answers(shop, WHOLE)
    shop.drop_view("v")
    assert shop.shards.table_names() == ["sales"]
