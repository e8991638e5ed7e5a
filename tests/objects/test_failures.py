"""What was not kept was never said: no reply leaves before its write is durable."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.objects.host import ObjectHost
from thermocline.core.errors import Corrupt, Fenced, Unavailable
from thermocline.core.objects import Bookmark, ObjectCall, ObjectPolicy, class_ref, named_id, pack
from thermocline.tiers import crash
from thermocline.tiers.crash import OBJECT_POINTS
from thermocline.tiers.object_store import open_store
from thermocline.tiers.objects.shard import ObjectShard, ObjectSurroundings

from ..conftest import ROOT, FakeClock
from .carts import Cart


def break_at(point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(reached: str) -> None:
        if reached == point:
            monkeypatch.setattr(crash, "on_reach", None)
            raise Unavailable("the disk is full", hint="free some")

    monkeypatch.setattr(crash, "on_reach", fail)


def refuses(path: Path, why: str) -> None:
    with thermocline.connect(path, background=False) as lake, pytest.raises(Corrupt, match=why):
        lake.object(Cart, "c").items()


@pytest.mark.parametrize("point", ["object.commit.begun", "object.commit.written"])
def test_a_turn_that_was_not_kept_is_not_answered_and_the_object_starts_from_what_was(
    point: str, lake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cart = lake.object(Cart, "c")
    cart.add("tea")
    break_at(point, monkeypatch)
    with pytest.raises(Unavailable, match="disk is full") as caught:
        cart.add("milk")
    assert caught.value.retryable
    assert cart.items() == ["tea"]
    assert cart.calls_since_start() == 0
    assert cart.add("honey") == 2


def test_turns_built_on_one_that_was_lost_are_lost_with_it(
    lake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cart = lake.object(Cart, "c")
    cart.add("tea")
    host = lake.objects().host
    add = ObjectCall(cart.id, "add", pack((("milk",), {}), 1000, ""))
    look = ObjectCall(cart.id, "count", pack(((), {}), 1000, ""))
    break_at("object.commit.begun", monkeypatch)
    replies = host.call_many([add, add, look])
    for reply in replies:
        with pytest.raises(Unavailable):
            reply.value()
    assert cart.items() == ["tea"]


def test_a_reader_is_not_told_what_is_not_durable(lake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cart = lake.object(Cart, "c")
    cart.add("tea")
    seen: list[Any] = []
    arrived = threading.Event()

    def hold(point: str) -> None:
        if point == "object.commit.written":
            monkeypatch.setattr(crash, "on_reach", None)
            reader.start()
            arrived.wait(5)
            seen.append("committed")

    def read() -> None:
        arrived.set()
        seen.append(cart.count())

    reader = threading.Thread(target=read)
    monkeypatch.setattr(crash, "on_reach", hold)
    cart.add("milk")
    reader.join()
    assert seen == ["committed", 2]


@pytest.mark.parametrize("point", OBJECT_POINTS)
def test_killed_at(point: str, tmp_path: Path) -> None:
    """The acknowledged are there, what follows is at most the one turn under way."""
    program = f"""
import os, thermocline
from {Cart.__module__} import Cart
from thermocline.tiers import crash
lake = thermocline.connect({str(tmp_path / "lake")!r}, background=False)
cart = lake.object(Cart, "c")
for n in range(5):
    print(cart.add(str(n)), flush=True)
crash.on_reach = lambda point: os._exit(9) if point == {point!r} else None
cart.add("5")
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT.parent
    )
    assert (ended.returncode, len(ended.stdout.split())) == (9, 5)
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        kept = lake.object(Cart, "c").items()
        written = point in ("object.commit.committed", "object.commit.visible")
        assert kept == [str(n) for n in range(6 if written else 5)]


def test_an_owner_that_was_replaced_writes_nothing_and_answers_nothing(
    tmp_path: Path, clock: FakeClock
) -> None:
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
        cart = lake.object(Cart, "c")
        cart.add("tea")
        store = open_store(tmp_path / "lake" / "objects")
        around = ObjectSurroundings(tmp_path / "lake" / "objects-hot", store, clock, ObjectPolicy())
        later = ObjectShard(cart.id.slot, around)
        with pytest.raises(Fenced):
            cart.count()
        with pytest.raises(Fenced):
            cart.add("milk")
        loaded = later.load(cart.id)
        assert loaded.store.execute("SELECT name FROM items").fetchall() == [("tea",)]
        later.close()


def test_a_flipped_bit_in_the_log_is_noticed(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        cart = lake.object(Cart, "c")
        cart.add("tea" * 50)
        file = tmp_path / "lake" / "objects-hot" / f"{cart.id.slot:03d}.sqlite"
    data = bytearray(file.read_bytes())
    at = data.index(b"teatea")
    data[at] ^= 1
    file.write_bytes(data)
    with (
        thermocline.connect(tmp_path / "lake", background=False) as lake,
        pytest.raises(Corrupt, match="closed"),
    ):
        lake.object(Cart, "c").items()
    os.unlink(f"{file}.seal")
    with (
        thermocline.connect(tmp_path / "lake", background=False) as lake,
        pytest.raises(Corrupt, match="turn"),
    ):
        lake.object(Cart, "c").items()


def test_a_file_that_is_missing_is_said(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        cart = lake.object(Cart, "c")
        cart.add("tea")
    (tmp_path / "lake" / "objects-hot" / f"{cart.id.slot:03d}.sqlite").unlink()
    with (
        thermocline.connect(tmp_path / "lake", background=False) as lake,
        pytest.raises(Corrupt, match="missing"),
    ):
        lake.object(Cart, "c").items()


@pytest.mark.parametrize("large_bytes", [4 << 20, 5_000])
def test_a_replicated_object_is_there_when_the_disk_is_lost(
    large_bytes: int, tmp_path: Path, clock: FakeClock
) -> None:
    store = open_store(tmp_path / "store")
    policy = ObjectPolicy(large_bytes=large_bytes)
    added = 0
    for folder in ("one", "two", "three"):
        around = ObjectSurroundings(tmp_path / folder, store, clock, policy, replicated=True)
        host = ObjectHost(around, lake=None)
        for _ in range(20):
            added += 1
            assert added == ask(host, "add", "tea" * 300)
        host.leave_memory(idle_s=0, at_most=0)
        if folder == "two":
            host.close()
    again = ObjectHost(
        ObjectSurroundings(tmp_path / "four", store, clock, policy, replicated=True), lake=None
    )
    ask(again, "restore", str(Bookmark(11, 1)))
    assert ask(again, "count") == 10
    again.close()


def test_what_a_failing_store_held_up_is_shown_once_it_is_there(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path / "store")
    around = ObjectSurroundings(tmp_path / "one", store, clock, ObjectPolicy(), replicated=True)
    host = ObjectHost(around, lake=None)
    ask(host, "add", "tea")
    break_at("replica.committed", monkeypatch)
    with pytest.raises(Unavailable):
        ask(host, "add", "milk")
    assert ask(host, "items") == ["tea", "milk"]
    assert ask(host, "add", "honey") == 3
    host.close()


def ask(host: ObjectHost, method: str, *args: Any) -> Any:
    identity = named_id(class_ref(Cart), "c")
    return host.call(ObjectCall(identity, method, pack((args, {}), 10_000, ""))).value()
