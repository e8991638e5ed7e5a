"""Idle objects leave memory, and nobody notices but by their attributes."""

from __future__ import annotations

import itertools
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.objects.host import ObjectHost
from thermocline.core.objects import ObjectCall, ObjectId, ObjectPolicy, class_ref, named_id, pack
from thermocline.core.placement import Misplaced
from thermocline.tiers.object_store import open_store
from thermocline.tiers.objects.shard import ObjectShard, ObjectSurroundings

from ..conftest import FakeClock
from .carts import Cart, Gate
from .conformance.worlds import together


def test_an_idle_object_leaves_memory_and_comes_back_as_it_was(lake: Any) -> None:
    cart = lake.object(Cart, "c")
    cart.add("tea")
    host = lake.objects().host
    host.leave_memory(idle_s=60, at_most=10)
    assert (host.resident, cart.calls_since_start()) == (1, 1)
    host.leave_memory(idle_s=0, at_most=10)
    assert host.resident == 0
    assert (cart.calls_since_start(), cart.items()) == (0, ["tea"])


def test_the_longest_unused_leave_first(lake: Any) -> None:
    carts = [lake.object(Cart, f"c{n}") for n in range(5)]
    for cart in carts:
        cart.add("tea")
    carts[0].add("tea")
    lake.objects().host.leave_memory(idle_s=60, at_most=2)
    assert [cart.calls_since_start() for cart in (carts[0], carts[4], carts[1])] == [2, 1, 0]


def test_one_that_is_busy_stays(lake: Any) -> None:
    Gate.entered.clear()
    Gate.opened.clear()
    gate = lake.object(Gate, "g")
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(gate.stand()))
    thread.start()
    assert Gate.entered.wait(5)
    lake.objects().host.leave_memory(idle_s=0, at_most=0)
    assert lake.objects().host.resident == 1
    Gate.opened.set()
    thread.join()
    assert answers == ["passed"]


def test_objects_leave_memory_while_they_are_called(lake: Any) -> None:
    host = lake.objects().host
    stop = threading.Event()

    def evict() -> None:
        while not stop.is_set():
            host.leave_memory(idle_s=0, at_most=0)

    evicting = threading.Thread(target=evict)
    evicting.start()
    try:
        counts = [[lake.object(Cart, f"c{n}").add("tea") for n in range(5)] for _ in range(40)]
    finally:
        stop.set()
        evicting.join()
    assert counts == [[n] * 5 for n in range(1, 41)]


def test_a_slot_moves_between_hosts(tmp_path: Path, clock: FakeClock) -> None:
    around = ObjectSurroundings(tmp_path / "hot", open_store(tmp_path / "store"), clock, ObjectPolicy())
    identity = named_id(class_ref(Cart), "c")
    add = ObjectCall(identity, "add", pack((("tea",), {}), 1_000, ""))
    first, second = (ObjectHost(around, lake=None, owns_all=False) for _ in range(2))
    first.own(identity.slot)
    assert first.call(add).value() == 1
    first.disown(identity.slot)
    second.own(identity.slot)
    assert second.call(add).value() == 2
    reply = first.call(add)
    assert (reply.failed, second.owned) == (True, [identity.slot])
    second.close()


def test_calls_while_a_slot_goes_and_comes_are_served_or_sent_again(tmp_path: Path, clock: FakeClock) -> None:
    around = ObjectSurroundings(tmp_path / "hot", open_store(tmp_path / "store"), clock, ObjectPolicy())
    slot = named_id(class_ref(Cart), "c").slot
    names = (named_id(class_ref(Cart), f"c{n}") for n in range(100_000))
    carts = list(itertools.islice((one for one in names if one.slot == slot), 8))
    host = ObjectHost(around, lake=None, owns_all=False)
    add = pack((("tea",), {}), 1_000, "")
    stop = threading.Event()

    def shop(cart: ObjectId) -> int:
        """How many calls were served; one that was sent elsewhere is made again, under its name."""
        served = 0
        while not stop.is_set():
            try:
                host.call(ObjectCall(cart, "add", add, operation=str(served))).value()
                served += 1
            except Misplaced:
                time.sleep(0.0005)
        return served

    def move() -> None:
        try:
            for _ in range(60):
                host.own(slot)
                time.sleep(0.003)
                host.disown(slot)
        finally:
            stop.set()

    *served, moved = together(*(partial(shop, cart) for cart in carts), move)
    assert moved is None
    host.own(slot)
    # A last call may have been made without its caller knowing: under its name it is made once.
    counts = [
        host.call(ObjectCall(cart, "add", add, operation=str(count))).value()
        for cart, count in zip(carts, served, strict=True)
    ]
    assert counts == [count + 1 for count in served]
    assert sum(served) > 60
    host.close()


def test_a_closed_shard_says_to_ask_elsewhere(tmp_path: Path, clock: FakeClock) -> None:
    around = ObjectSurroundings(tmp_path / "hot", open_store(tmp_path / "store"), clock, ObjectPolicy())
    identity = named_id(class_ref(Cart), "c")
    shard = ObjectShard(identity.slot, around)
    shard.close()
    for ask in (lambda: shard.load(identity), shard.listing, shard.check_owner, shard.expire):
        with pytest.raises(Misplaced, match="closed"):
            ask()


def test_a_closed_lake_is_unavailable(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        cart = lake.object(Cart, "c")
        cart.add("tea")
    with pytest.raises(thermocline.errors.Unavailable, match="closed"):
        cart.add("milk")
