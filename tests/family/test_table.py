"""A table over its shards: who may commit to its Iceberg table, and the history of its columns."""

from __future__ import annotations

import threading

import pytest

from thermocline.actors.family.table import TableDO, committing
from thermocline.actors.local import LocalLake

from ..conftest import FakeClock


def test_one_commits_at_a_time(lake: LocalLake) -> None:
    stub = lake.object(TableDO, "acme/sales")
    inside: list[int] = []
    most = [0]

    def work(number: int) -> None:
        with committing(stub, f"ticket-{number}"):
            inside.append(number)
            most[0] = max(most[0], len(inside))
            threading.Event().wait(0.01)
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == [1]


def test_a_committer_that_fails_lets_the_next_one_in(lake: LocalLake) -> None:
    stub = lake.object(TableDO, "acme/sales")
    with pytest.raises(ZeroDivisionError), committing(stub, "a"):
        raise ZeroDivisionError
    assert stub.enter("b") == 0


def test_a_committer_that_died_is_not_waited_for(lake: LocalLake, clock: FakeClock) -> None:
    stub = lake.object(TableDO, "acme/sales")
    stub.enter("dead")
    assert stub.enter("next") == 1
    clock.advance(seconds=31)
    assert stub.enter("next") == 0


def test_the_history_of_a_schema_names_the_event_that_widened_it(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"p": "tea", "_source": "till-1"}])
    shop.append("sales", [{"p": "cup", "q": 3, "_source": "till-2", "_id": "e2"}])
    first, second = shop.schema_history("sales")
    assert (first["version"], first["added"], first["source"]) == (1, {"p": "VARCHAR"}, "till-1")
    assert (second["version"], second["added"], second["source"]) == (2, {"q": "BIGINT"}, "till-2")
    assert (second["event"], second["from_seq"]) == ("e2", 2)
    assert lake.object(TableDO, "acme/sales").facts()["versions"] == [first, second]
