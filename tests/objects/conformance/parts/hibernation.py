"""Objects leave memory when nobody needs them, at any moment, and nobody notices but by their attributes."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.objects.host import ObjectHost
from thermocline.core.clock import system_clock
from thermocline.core.objects import ObjectCall, ObjectPolicy, class_ref, named_id, pack
from thermocline.core.placement import Misplaced
from thermocline.tiers.object_store import open_store
from thermocline.tiers.objects.shard import ObjectSurroundings

from ..worlds import Conformance, Meanwhile, World, together, wait_for


class Sleeper(thermocline.DurableObject):
    def __init__(self) -> None:
        self.made_with = self.ctx.id.name

    def start(self) -> None:
        self.calls = 0
        self.storage.put("starts", self.storage.get("starts", 0) + 1)

    def add(self, value: Any) -> int:
        self.calls += 1
        self.storage.exec("CREATE TABLE IF NOT EXISTS entries (x)")
        self.storage.exec("INSERT INTO entries VALUES (?)", value)
        return int(self.storage.exec("SELECT count(*) FROM entries").one()[0])

    def calls_since_start(self) -> int:
        return self.calls

    def starts(self) -> Any:
        return self.storage.get("starts")

    def sql(self, text: str) -> list[Any]:
        return self.storage.exec(text).all()

    def put(self, key: str, value: Any) -> None:
        self.storage.put(key, value)

    def get(self, key: str) -> Any:
        return self.storage.get(key)

    def name_in_constructor(self) -> Any:
        return self.made_with

    def stored(self) -> int:
        self.storage.put("stored", 1)
        return 1

    def read_only(self) -> int:
        return len(self.storage.list())

    def stand(self, folder: str) -> str:
        Path(folder, "entered").touch()
        while not Path(folder, "opened").exists():
            time.sleep(0.002)
        return "passed"

    @thermocline.concurrent
    def stand_beside(self, folder: str) -> int:
        self.stand(folder)
        return self.calls

    def set_alarm(self) -> None:
        self.storage.set_alarm("tea", 7_200)

    def alarms(self) -> list[str]:
        return list(self.storage.alarms())


class Hibernation(Conformance):
    def test_attributes_are_gone_and_storage_is_not(self, world: World) -> None:
        sleeper = world.object(Sleeper)
        sleeper.add("tea")
        assert sleeper.calls_since_start() == 1
        world.leave_memory(sleeper)
        assert (sleeper.calls_since_start(), sleeper.add("milk")) == (0, 2)

    def test_it_starts_each_time_it_comes_back(self, world: World) -> None:
        sleeper = world.object(Sleeper)
        seen = []
        for _ in range(3):
            seen.append(sleeper.starts())
            world.leave_memory(sleeper)
        assert seen[0] < seen[1] < seen[2]

    def test_attributes_stay_while_it_is_used(self, world: World) -> None:
        sleeper = world.object(Sleeper)
        for n in range(5):
            sleeper.add(n)
        assert sleeper.calls_since_start() == 5

    def test_tables_keys_and_alarms_come_back(self, world: World) -> None:
        sleeper = world.object(Sleeper)
        sleeper.sql("CREATE TABLE t (x PRIMARY KEY) WITHOUT ROWID")
        sleeper.sql("CREATE INDEX i ON t (x)")
        sleeper.put("key", {"deep": [1]})
        sleeper.set_alarm()
        world.leave_memory(sleeper)
        names = "SELECT name FROM sqlite_master WHERE name IN ('t', 'i') ORDER BY name"
        assert sleeper.sql(names) == [("i",), ("t",)]
        assert (sleeper.get("key"), sleeper.alarms()) == ({"deep": [1]}, ["tea"])

    def test_what_sqlite_keeps_in_its_header_comes_back(self, world: World) -> None:
        sleeper = world.object(Sleeper)
        sleeper.sql("PRAGMA user_version=7")
        world.leave_memory(sleeper)
        assert sleeper.sql("PRAGMA user_version") == [(7,)]

    def test_numbers_of_rows_go_on(self, world: World) -> None:
        sleeper = world.object(Sleeper)
        sleeper.sql("CREATE TABLE t (n INTEGER PRIMARY KEY AUTOINCREMENT, x)")
        for n in range(1, 4):
            sleeper.sql(f"INSERT INTO t (x) VALUES ({n})")
            sleeper.sql("DELETE FROM t")
            world.leave_memory(sleeper)
        assert sleeper.sql("SELECT seq FROM sqlite_sequence") == [(3,)]

    def test_one_that_only_read_comes_back_as_empty_as_it_was(self, world: World) -> None:
        sleeper = world.object(Sleeper)
        keys = sleeper.read_only()
        world.leave_memory(sleeper)
        assert sleeper.read_only() == keys

    def test_many_turns_come_back(self, world: World) -> None:
        sleeper = world.object(Sleeper)
        for n in range(300):
            sleeper.add(n)
        world.leave_memory(sleeper)
        assert sleeper.sql("SELECT count(*), sum(x) FROM entries") == [(300, 44_850)]

    def test_a_large_one_leaves_memory_and_comes_back(self, world: World) -> None:
        sleeper = world.object(Sleeper)
        sleeper.sql("CREATE TABLE ballast AS SELECT zeroblob(5000000) AS x")
        for n in range(3):
            sleeper.add(n)
            world.leave_memory(sleeper)
        assert sleeper.sql("SELECT count(*), sum(x) FROM entries") == [(3, 3)]
        assert sleeper.sql("SELECT length(x) FROM ballast") == [(5_000_000,)]

    def test_its_constructor_has_its_context(self, world: World) -> None:
        sleeper = world.object(Sleeper)
        assert sleeper.name_in_constructor() == sleeper.id.name

    def test_objects_leave_memory_while_they_are_called_and_lose_nothing(self, world: World) -> None:
        sleepers = [world.object(Sleeper) for _ in range(3)]

        def call() -> list[int]:
            return [min(sleeper.add(n) for sleeper in sleepers) for n in range(12)]

        def leave() -> None:
            for _ in range(4):
                world.leave_memory(*sleepers)

        counts, problem = together(call, leave)
        assert (counts, problem) == (list(range(1, 13)), None)
        assert [sleeper.add("last") for sleeper in sleepers] == [13] * 3


class HibernationInProcess(Conformance):
    def test_one_that_is_idle_leaves_memory_and_others_do_not(self, world: World) -> None:
        host = world.lake.objects().host
        world.leave_memory()
        idle, used = world.object(Sleeper), world.object(Sleeper)
        idle.add("tea")
        time.sleep(0.3)
        used.add("tea")
        host.leave_memory(idle_s=0.25, at_most=100)
        assert (idle.calls_since_start(), used.calls_since_start()) == (0, 1)

    def test_the_longest_unused_leave_first(self, world: World) -> None:
        world.leave_memory()
        sleepers = [world.object(Sleeper) for _ in range(5)]
        for sleeper in sleepers:
            sleeper.add("tea")
        sleepers[0].add("tea")
        world.lake.objects().host.leave_memory(idle_s=60, at_most=2)
        assert [sleeper.calls_since_start() for sleeper in (sleepers[0], sleepers[4], sleepers[1])] == [
            2,
            1,
            0,
        ]

    def test_one_in_the_middle_of_a_turn_stays(self, world: World, tmp_path: Path) -> None:
        sleeper = world.object(Sleeper)
        sleeper.add("tea")
        with Meanwhile(lambda: sleeper.stand(str(tmp_path))) as standing:
            wait_for(tmp_path / "entered")
            world.leave_memory(sleeper)
            (tmp_path / "opened").touch()
            assert standing.value == "passed"
        assert sleeper.calls_since_start() == 1

    def test_one_stays_while_a_concurrent_method_runs(self, world: World, tmp_path: Path) -> None:
        sleeper = world.object(Sleeper)
        sleeper.add("tea")
        with Meanwhile(lambda: sleeper.stand_beside(str(tmp_path))) as standing:
            wait_for(tmp_path / "entered")
            world.leave_memory(sleeper)
            (tmp_path / "opened").touch()
            assert standing.value == 1
        assert sleeper.calls_since_start() == 1

    def test_everything_is_there_after_a_restart(self, tmp_path: Path) -> None:
        for n in range(1, 4):
            with thermocline.connect(tmp_path / "lake", background=False) as lake:
                assert lake.object(Sleeper, "s").add(n) == n

    def test_a_reply_on_its_way_leaves_though_the_object_left_memory(self, world: World) -> None:
        sleeper = world.object(Sleeper)
        sleeper.add("tea")
        host = world.lake.objects().host
        for method in ("read_only", "stored"):
            reply = host._begin(ObjectCall(sleeper.id, method, pack(((), {}), 1_000, "")))
            world.leave_memory(sleeper)
            assert reply.finish().value() == 1

    def test_a_reply_on_its_way_from_a_slot_that_moved_is_asked_for_again(self, tmp_path: Path) -> None:
        store = open_store(tmp_path / "store")
        around = ObjectSurroundings(tmp_path / "hot", store, system_clock, ObjectPolicy())
        identity = named_id(class_ref(Sleeper), "s")
        host = ObjectHost(around, lake=None, owns_all=False)
        host.own(identity.slot)
        reply = host._begin(ObjectCall(identity, "add", pack((("tea",), {}), 1_000, "")))
        host.disown(identity.slot)
        with pytest.raises(Misplaced):
            reply.finish().value()

    def test_a_slot_moves_from_host_to_host(self, tmp_path: Path) -> None:
        store = open_store(tmp_path / "store")
        around = ObjectSurroundings(tmp_path / "hot", store, system_clock, ObjectPolicy())
        identity = named_id(class_ref(Sleeper), "s")
        add = ObjectCall(identity, "add", pack((("tea",), {}), 1_000, ""))
        first, second = (ObjectHost(around, lake=None, owns_all=False) for _ in range(2))
        first.own(identity.slot)
        assert first.call(add).value() == 1
        first.disown(identity.slot)
        second.own(identity.slot)
        assert second.call(add).value() == 2
        assert (first.call(add).failed, second.call(add).value()) == (True, 3)
        second.close()

    def test_more_objects_than_fit_in_memory_are_served(self, tmp_path: Path) -> None:
        policy = replace(ObjectPolicy(), residents=4)
        store = open_store(tmp_path / "store")
        host = ObjectHost(ObjectSurroundings(tmp_path / "hot", store, system_clock, policy), lake=None)
        names = (f"s{n}" for n in range(100_000))
        ids = [one for one in (named_id(class_ref(Sleeper), name) for name in names) if one.slot == 7][:30]
        stop = threading.Event()

        def evict() -> None:
            while not stop.wait(0.001):
                host.leave_memory(idle_s=60, at_most=policy.residents)

        with Meanwhile(evict):
            calls = [ObjectCall(one, "add", pack(((1,), {}), 1_000, "")) for one in ids]
            counts = [[reply.value() for reply in host.call_many(calls)] for _ in range(3)]
            stop.set()
        host.leave_memory(idle_s=60, at_most=policy.residents)
        assert counts == [[n] * 30 for n in (1, 2, 3)]
        assert host.resident == 4
        host.close()
