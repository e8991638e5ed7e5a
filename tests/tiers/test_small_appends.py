"""Single appends that share a commit: taken as one batch, each with its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from thermocline.core.errors import Error, Invalid
from thermocline.core.protocols import Lakehouse

from ..below import shard_of


def at_once(db: Any, *appends: dict[str, Any], meanwhile: Callable[[], object] = lambda: None) -> list[Any]:
    """What comes of appends that are all queued, and `meanwhile` done, before the first one is committed."""
    shard = shard_of(db)

    async def queue() -> list[Any]:
        waiting = [asyncio.ensure_future(db.append_async("sales", **append)) for append in appends]
        await asyncio.sleep(0)
        meanwhile()
        shard.lock.release()
        return await asyncio.gather(*waiting, return_exceptions=True)

    shard.lock.acquire()
    return asyncio.run(queue())


@pytest.fixture
def db(lake: Lakehouse) -> Any:
    db: Any = lake.database("main")
    db.append("sales", [{"product": "tea", "revenue": 1.0}])
    return db


def products(db: Any) -> list[Any]:
    return [row[0] for row in db.sql("SELECT product FROM sales ORDER BY _seq").rows()]


def test_each_has_its_own_sequences(db: Any) -> None:
    done = at_once(
        db,
        {"rows": [{"product": "a", "revenue": 1.0}]},
        {"rows": [{"product": "b", "revenue": 2.0}, {"product": "c", "revenue": 3.0}]},
        {"rows": [{"product": "d"}]},
    )
    assert [(d.first_seq, d.last_seq, d.rows) for d in done] == [(2, 2, 1), (3, 4, 2), (5, 5, 1)]
    assert products(db) == ["tea", "a", "b", "c", "d"]


def test_one_that_does_not_fit_fails_alone(db: Any) -> None:
    done = at_once(
        db,
        {"rows": [{"product": "a"}]},
        {"rows": [{"product": "b", "revenue": "much"}]},
        {"rows": [{"product": "c"}]},
    )
    assert isinstance(done[1], Invalid)
    assert "row 1" in done[1].message
    assert products(db) == ["tea", "a", "c"]


def test_one_that_brings_a_field_is_told_so_and_no_other(db: Any) -> None:
    done = at_once(db, {"rows": [{"product": "a"}]}, {"rows": [{"product": "b", "size": 3}]})
    assert [dict(d.added) for d in done] == [{}, {"size": "BIGINT"}]


def test_order_is_kept_around_one_with_a_stream(db: Any) -> None:
    done = at_once(
        db,
        {"rows": [{"product": "a"}]},
        {"rows": [{"product": "b"}], "stream": "cart", "expected_version": 0},
        {"rows": [{"product": "c"}], "stream": "cart", "expected_version": 0},
        {"rows": [{"product": "d"}]},
    )
    assert isinstance(done[2], Error)
    assert done[1].version == 1
    assert products(db) == ["tea", "a", "b", "d"]


def test_a_dict_that_changes_while_it_waits_is_stored_as_it_was(db: Any) -> None:
    row = {"product": "a"}
    at_once(
        db, {"rows": [row]}, {"rows": [{"product": "b"}]}, meanwhile=lambda: row.update(product="changed")
    )
    assert products(db) == ["tea", "a", "b"]


def test_the_first_events_of_a_table_may_come_at_once(lake: Lakehouse) -> None:
    db: Any = lake.database("fresh")
    done = at_once(db, {"rows": [{"product": "a"}]}, {"rows": [{"product": "b"}]})
    assert [d.first_seq for d in done] == [1, 2]
    assert products(db) == ["a", "b"]
