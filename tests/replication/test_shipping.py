"""A commit is shown and acknowledged once its slot is in the object store, and never before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pyarrow as pa
import pytest

from thermocline.core.errors import Fenced, Unavailable
from thermocline.core.owners import Append
from thermocline.tiers.steps.archive import archive
from thermocline.tiers.steps.expire import expire
from thermocline.tiers.steps.flush import flush

from .conftest import Node

MakeNode = Callable[[str], Node]


def test_an_event_is_found_on_another_disk(node: MakeNode) -> None:
    first = node("a").open()
    first.append(1, 2)
    first.append(3)
    second = node("b").open()  # the first one is not closed: its machine is gone
    assert second.numbers() == [1, 2, 3]
    assert second.append(3).duplicates == 1
    second.append(4)
    assert second.numbers() == [1, 2, 3, 4]
    second.close()


def test_it_is_not_seen_while_its_put_is_under_way(node: MakeNode) -> None:
    here = node("a").open()
    here.append(1)
    assert here.numbers() == [1]
    seen: list[list[int]] = []
    here.store.hold.clear()
    writer = threading.Thread(target=here.append, args=(2,))
    writer.start()
    assert here.store.held.wait(5)
    reader = threading.Thread(target=lambda: seen.append(here.numbers()))
    reader.start()
    reader.join(0.2)
    assert seen in ([], [[1]]), "shown before it was in the object store"
    assert here.shard.meta.seq == 1
    assert writer.is_alive()
    here.store.hold.set()
    writer.join()
    reader.join()
    assert here.numbers() == [1, 2]
    here.close()


def test_a_group_is_one_put(node: MakeNode) -> None:
    here = node("a").open()
    here.append(0)
    before = len(here.store.puts)

    async def many() -> None:
        await asyncio.gather(*(here.shard.append_async([Append("t", [{"n": n}])]) for n in range(200)))

    asyncio.run(many())
    assert len(here.numbers()) == 201
    assert len(here.store.puts) - before < 20
    here.close()


def test_a_lost_reply_is_no_failure(node: MakeNode) -> None:
    here = node("a").open()
    here.store.lose_replies = 1
    assert here.append(1).rows == 1
    here.append(2)
    assert node("b").open().numbers() == [1, 2]


def test_a_store_that_fails_for_a_while_is_waited_for(node: MakeNode) -> None:
    here = node("a").open()
    here.store.fail = 3
    assert here.append(1).rows == 1
    assert here.numbers() == [1]
    here.close()


@pytest.mark.usefixtures("quick")
def test_what_a_failing_store_holds_up_is_hidden_and_goes_first(node: MakeNode) -> None:
    here = node("a").open()
    here.append(1)
    here.store.down = True
    with pytest.raises(Unavailable, match="not yet in the object store") as failed:
        here.append(2)
    assert failed.value.retryable
    assert here.shard.meta.seq == 1
    with pytest.raises(Unavailable):
        here.append(3)
    here.store.down = False
    here.append(4)
    assert here.numbers() == [1, 2, 4], "what was committed is shown, in its place"
    assert node("b").open().numbers() == [1, 2, 4]


@pytest.mark.usefixtures("quick")
def test_reads_go_on_while_the_store_fails(node: MakeNode) -> None:
    here = node("a").open()
    here.append(1)
    assert here.numbers() == [1]
    assert here.shard.head("s") == 0
    here.store.down = True
    with pytest.raises(Unavailable):
        here.append(2, stream="s")
    assert here.numbers() == [1]
    assert here.shard.head("s") == 0
    here.store.down = False
    with here.shard.lock:
        here.shard.catch_up()
    assert here.numbers() == [1, 2]
    assert here.shard.head("s") == 1
    here.close()


@pytest.mark.usefixtures("quick")
def test_rows_that_are_not_in_memory_are_not_read_past_what_is_held_up(node: MakeNode) -> None:
    here = node("a").open()
    here.append(1)
    here.reopen()
    here.store.down = True
    with pytest.raises(Unavailable):
        here.append(2)
    with pytest.raises(Unavailable, match="not yet in the object store"):
        here.numbers()
    here.store.down = False
    assert here.numbers() == [1, 2]
    here.close()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("arrived", [True, False])
def test_a_retry_of_what_was_held_up_is_one_event(node: MakeNode, arrived: bool) -> None:
    here = node("a").open()
    here.append(1)
    here.store.lose_all, here.store.down = arrived, not arrived
    with pytest.raises(Unavailable):
        here.append(2)
    here.store.down = here.store.lose_all = False
    assert here.append(2).duplicates == 1
    assert node("b").open().numbers() == [1, 2]


@pytest.mark.usefixtures("quick")
def test_it_may_vanish_with_the_disk_as_nobody_was_told(node: MakeNode) -> None:
    here = node("a").open()
    here.append(1)
    here.store.down = True
    with pytest.raises(Unavailable):
        here.append(2)
    other = node("b").open()
    assert other.numbers() == [1]
    other.append(3)
    here.store.down = False
    with pytest.raises(Fenced):
        here.append(4)
    assert other.numbers() == [1, 3]


@pytest.mark.usefixtures("quick")
def test_every_kind_of_change_may_be_held_up(node: MakeNode) -> None:
    here = node("a").open()
    here.append(1, 2)

    def held_up(act: Callable[[], object]) -> None:
        here.store.down = True
        with pytest.raises(Unavailable):
            act()
        here.store.down = False

    held_up(lambda: here.shard.create_table("u", [("x", pa.int64())]))
    here.append(3)
    assert here.shard.table_names() == ["t", "u"]
    held_up(lambda: here.shard.drop_table("u"))
    here.append(4)
    assert here.shard.table_names() == ["t"]
    held_up(lambda: flush(here.shard, here.shard.state("t"), 2))
    here.append(5)
    flush(here.shard, here.shard.state("t"), 3)
    assert here.numbers() == [4, 5]
    assert here.shard.state("t").manifest.warm_to == 3
    held_up(lambda: archive(here.shard, here.shard.state("t")))
    archive(here.shard, here.shard.state("t"))
    assert here.shard.state("t").manifest.cold_to == 3
    expire(here.shard, here.shard.state("t"))
    other = node("b").open()
    assert other.numbers() == [4, 5]
    assert other.shard.state("t").manifest.cold_to == 3
    assert other.append(1, 2, 3, 4).duplicates == 4
