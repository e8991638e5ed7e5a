"""Projections: a state that follows the events of a shard, kept with the sequence it stands at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.family import partition
from thermocline.actors.family.partition import PartitionDO
from thermocline.actors.local import LocalLake
from thermocline.core.errors import Invalid, NotFound

applied: list[int] = []


def totals(state: dict[str, int] | None, event: dict[str, Any]) -> dict[str, int]:
    applied.append(event["_seq"])
    state = dict(state or {})
    state[event["_table"]] = state.get(event["_table"], 0) + event["q"]
    return state


def together(a: dict[str, int] | None, b: dict[str, int] | None) -> dict[str, int]:
    return {key: (a or {}).get(key, 0) + (b or {}).get(key, 0) for key in {*(a or {}), *(b or {})}}


@pytest.fixture(autouse=True)
def fresh() -> None:
    applied.clear()


def test_each_event_is_applied_once_in_the_order_of_sequences(lake: LocalLake) -> None:
    shop = lake.database("acme")
    for number in range(6):
        shop.append("sales" if number % 2 else "returns", [{"q": number}])
    projection = shop.projection("totals", totals)
    assert projection.state() == {"sales": 9, "returns": 6}
    assert applied == [1, 2, 3, 4, 5, 6]
    shop.flush()
    shop.append("sales", [{"q": 100}])
    assert projection.state() == {"sales": 109, "returns": 6}
    assert applied == [1, 2, 3, 4, 5, 6, 7]
    assert projection.checkpoints() == {"shard-0": 7}


def test_a_projection_goes_on_where_it_was_after_a_restart(tmp_path: Path) -> None:
    for expected in (1, 2):
        with thermocline.connect(tmp_path / "lake", background=False) as lake:
            shop = lake.database("acme")
            shop.append("sales", [{"q": 1}])
            assert shop.projection("totals", totals).state() == {"sales": expected}
    assert applied == [1, 2]


def test_it_is_rebuilt_from_the_first_event(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"q": 1}, {"q": 2}])
    projection = shop.projection("totals", totals)
    assert projection.state() == {"sales": 3}
    projection.rebuild()
    assert projection.state() == {"sales": 3}
    assert applied == [1, 2, 1, 2]
    assert shop.projection("totals", totals, initial={"sales": 10}).state() == {"sales": 13}


def test_long_logs_are_read_in_several_turns(lake: LocalLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "EVENTS_PER_TURN", 3)
    shop = lake.database("acme")
    for number in range(10):
        shop.append(f"t{number % 2}", [{"q": number}])
    assert shop.projection("totals", totals).state() == {"t0": 20, "t1": 25}
    assert applied == list(range(1, 11))


def test_a_function_that_raises_leaves_the_state_as_it_was(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"q": 1}])
    projection = shop.projection("totals", totals)
    projection.state()
    shop.append("sales", [{"q": None}])
    with pytest.raises(TypeError):
        projection.state()
    with pytest.raises(TypeError):
        projection.checkpoints()


def test_over_several_shards_each_has_a_state(lake: LocalLake) -> None:
    shop = lake.create_database("acme", shards=3, key="q")
    shop.append("sales", [{"q": n} for n in range(20)])
    projection = shop.projection("totals", totals)
    assert len(projection.states()) == 3
    with pytest.raises(Invalid, match="in each of 3 shards"):
        projection.state()
    assert projection.state(together) == {"sales": 190}


def test_a_partition_tells_what_it_holds(lake: LocalLake) -> None:
    shop = lake.database("acme")
    shop.append("sales", [{"q": 1}])
    shop.projection("totals", totals).state()
    told = lake.object(PartitionDO, "acme/shard-0").facts()
    assert (told["seq"], told["waiting"]) == (1, 0)
    assert told["hot_bytes"] > 0
    assert told["tables"][0]["hot_rows"] == 1
    assert told["projections"][0]["name"] == "totals"
    shop.projection("totals", totals).drop()
    with pytest.raises(NotFound):
        lake.object(PartitionDO, "acme/shard-0").project("totals")
