"""Nothing is delivered in the middle of a turn, and no reply leaves before what it rests on is durable."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.objects.host import ObjectHost
from thermocline.core.clock import system_clock
from thermocline.core.errors import Invalid, Unavailable
from thermocline.core.objects import ObjectCall, ObjectPolicy, class_ref, named_id, pack
from thermocline.tiers import crash
from thermocline.tiers.object_store import open_store
from thermocline.tiers.objects.shard import ObjectSurroundings

from ..worlds import Conformance, Meanwhile, World, fresh, together, wait_for


class Gate(thermocline.DurableObject):
    def start(self) -> None:
        self.seen = 0
        self.blocked = 0

    def increment(self) -> int:
        value: int = self.storage.get("n", 0)
        time.sleep(0.001)
        self.storage.put("n", value + 1)
        return value + 1

    def value(self) -> int:
        n: int = self.storage.get("n", 0)
        return n

    def stand(self, folder: str) -> int:
        """In the middle of a turn, from when `entered` is there until `opened` is."""
        before: int = self.storage.get("n", 0)
        self.storage.put("n", before + 1)
        Path(folder, "entered").touch()
        while not Path(folder, "opened").exists():
            time.sleep(0.002)
        return before + 1

    def stand_at(self, other: str, folder: str) -> int:
        """Waits for another object, in the middle of a turn."""
        before: int = self.storage.get("n", 0)
        self.ctx.object(Gate, other).stand(folder)
        self.storage.put("n", before + 1)
        return before + 1

    def stand_blocked(self, folder: str) -> None:
        self.ctx.block_concurrency_while(lambda: self.stand(folder))

    def increment_and_append(self, database: str) -> None:
        self.increment()
        self.ctx.database(database).append("told", [{"by": str(self.ctx.id.name)}])

    @thermocline.concurrent
    def look(self) -> str:
        return "standing"

    @thermocline.concurrent
    def look_into_storage(self) -> Any:
        return self.storage.get("n")

    def see(self) -> int:
        self.seen += 1
        return self.seen

    def block(self, fail: bool) -> str:
        self.seen += 1

        def work() -> str:
            if fail:
                raise KeyError("blocked")
            return "done"

        return self.ctx.block_concurrency_while(work)

    def write_and_block(self) -> None:
        self.storage.put("n", 99)

        def work() -> None:
            raise KeyError("blocked")

        self.ctx.block_concurrency_while(work)

    def block_for(self, seconds: float) -> None:
        self.ctx.block_concurrency_while(lambda: time.sleep(seconds))

    def tell(self, other: str) -> int:
        self.increment()
        return int(self.ctx.object(Gate, other).increment())


class Prepared(thermocline.DurableObject):
    """Fails to start as long as the file is there that its name is the path of."""

    def start(self) -> None:
        self.storage.put("starts", self.storage.get("starts", 0) + 1)
        if Path(str(self.ctx.id.name)).exists():
            raise LookupError("not prepared")
        self.ready = True

    def state(self) -> tuple[bool, int]:
        return self.ready, self.storage.get("starts")


class Gates(Conformance):
    def test_no_update_is_lost_among_many_callers(self, world: World) -> None:
        gate = world.object(Gate)
        together(*[lambda: [gate.increment() for _ in range(10)]] * 6)
        assert gate.value() == 60

    def test_nothing_is_delivered_in_the_middle_of_a_turn(self, world: World, tmp_path: Path) -> None:
        gate = world.object(Gate)
        with Meanwhile(lambda: gate.stand(str(tmp_path))) as standing:
            wait_for(tmp_path / "entered")
            with Meanwhile(gate.increment) as incrementing:
                time.sleep(0.1)
                assert not incrementing.over
                (tmp_path / "opened").touch()
            assert (standing.value, incrementing.value) == (1, 2)

    def test_nothing_is_delivered_while_it_waits_for_another_object(
        self, world: World, tmp_path: Path
    ) -> None:
        gate, other = world.object(Gate), world.object(Gate)
        with Meanwhile(lambda: gate.stand_at(other.id.name, str(tmp_path))) as waiting:
            wait_for(tmp_path / "entered")
            with Meanwhile(gate.increment) as incrementing:
                time.sleep(0.1)
                assert not incrementing.over
                (tmp_path / "opened").touch()
            assert (waiting.value, incrementing.value) == (1, 2)

    def test_nothing_is_delivered_while_it_blocks(self, world: World, tmp_path: Path) -> None:
        gate = world.object(Gate)
        with Meanwhile(lambda: gate.stand_blocked(str(tmp_path))):
            wait_for(tmp_path / "entered")
            with Meanwhile(gate.increment) as incrementing:
                time.sleep(0.1)
                assert not incrementing.over
                (tmp_path / "opened").touch()
            assert incrementing.value == 2

    def test_a_concurrent_method_runs_beside_a_turn(self, world: World, tmp_path: Path) -> None:
        gate = world.object(Gate)
        with Meanwhile(lambda: gate.stand(str(tmp_path))) as standing:
            wait_for(tmp_path / "entered")
            assert gate.look() == "standing"
            assert not standing.over
            (tmp_path / "opened").touch()

    def test_a_concurrent_method_has_no_storage(self, world: World) -> None:
        with pytest.raises(Invalid, match="outside of its turn"):
            world.object(Gate).look_into_storage()

    def test_it_starts_before_anything_is_delivered(self, world: World, tmp_path: Path) -> None:
        prepared = world.object(Prepared, str(tmp_path / "unprepared"))
        assert together(*[prepared.state] * 4) == [(True, 1)] * 4

    def test_one_that_fails_to_start_is_delivered_nothing_and_starts_anew(
        self, world: World, tmp_path: Path
    ) -> None:
        prepared = world.object(Prepared, str(tmp_path / "unprepared"))
        (tmp_path / "unprepared").touch()
        for _ in range(2):
            with pytest.raises(LookupError, match="not prepared"):
                prepared.state()
        (tmp_path / "unprepared").unlink()
        assert prepared.state() == (True, 1)

    def test_blocking_gives_the_value_of_its_work(self, world: World) -> None:
        gate = world.object(Gate)
        assert (gate.block(False), gate.see()) == ("done", 2)

    def test_work_that_raises_while_blocking_starts_the_object_anew(self, world: World) -> None:
        gate = world.object(Gate)
        gate.see()
        with pytest.raises(KeyError, match="blocked"):
            gate.block(True)
        assert gate.see() == 1

    def test_work_that_raises_while_blocking_takes_the_turn_back(self, world: World) -> None:
        gate = world.object(Gate)
        gate.increment()
        with pytest.raises(KeyError, match="blocked"):
            gate.write_and_block()
        assert gate.value() == 1

    def test_what_was_replied_is_there_when_it_has_left_memory(self, world: World) -> None:
        gate = world.object(Gate)
        for n in range(1, 4):
            assert gate.increment() == n
            world.leave_memory(gate)
            assert gate.value() == n


@contextmanager
def at_point(point: str, act: Callable[[], None]) -> Iterator[None]:
    """Acts when the next commit of a turn reaches the point."""

    def reached(name: str) -> None:
        if name == point:
            crash.on_reach = None
            act()

    crash.on_reach = reached
    try:
        yield
    finally:
        crash.on_reach = None


def full_disk() -> None:
    raise Unavailable("the disk is full", hint="free some")


BEFORE_COMMIT = "object.commit.written"


class GatesInProcess(Conformance):
    def test_a_reply_waits_for_its_commit(self, world: World) -> None:
        gate, reached, go_on = world.object(Gate), threading.Event(), threading.Event()

        def hold() -> None:
            reached.set()
            assert go_on.wait(10)

        with at_point(BEFORE_COMMIT, hold), Meanwhile(gate.increment) as incrementing:
            assert reached.wait(10)
            time.sleep(0.1)
            assert not incrementing.over
            go_on.set()
            assert incrementing.value == 1

    def test_a_reader_waits_for_the_commit_of_what_it_read(self, world: World) -> None:
        gate, reached, go_on = world.object(Gate), threading.Event(), threading.Event()
        gate.increment()

        def hold() -> None:
            reached.set()
            assert go_on.wait(10)

        with at_point(BEFORE_COMMIT, hold), Meanwhile(gate.increment):
            assert reached.wait(10)
            with Meanwhile(gate.value) as reading:
                time.sleep(0.1)
                assert not reading.over
                go_on.set()
                assert reading.value == 2

    def test_the_next_turn_does_not_wait_for_the_commit_of_the_last(self, world: World) -> None:
        gate, reached, go_on = world.object(Gate), threading.Event(), threading.Event()
        gate.see()

        def hold() -> None:
            reached.set()
            assert go_on.wait(10)

        with at_point(BEFORE_COMMIT, hold), Meanwhile(gate.increment):
            assert reached.wait(10)
            resident = world.lake.objects().host._residents[gate.id.digest]
            with Meanwhile(gate.increment):
                deadline = time.monotonic() + 5
                while resident.loaded.seq < 2 and time.monotonic() < deadline:
                    time.sleep(0.002)
                assert (resident.loaded.seq, resident.loaded.durable_seq) == (2, 0)
                go_on.set()

    @pytest.mark.parametrize("point", ["object.commit.begun", BEFORE_COMMIT])
    def test_a_reply_whose_commit_failed_never_leaves(self, point: str, world: World) -> None:
        gate = world.object(Gate)
        gate.increment()
        with at_point(point, full_disk), pytest.raises(Unavailable, match="disk is full") as caught:
            gate.increment()
        assert caught.value.retryable
        assert gate.value() == 1

    def test_an_object_whose_commit_failed_starts_anew(self, world: World) -> None:
        gate = world.object(Gate)
        gate.see()
        with at_point(BEFORE_COMMIT, full_disk), pytest.raises(Unavailable):
            gate.increment()
        assert gate.see() == 1

    def test_turns_that_rest_on_a_lost_one_are_lost_with_it(self, world: World) -> None:
        gate = world.object(Gate)
        gate.increment()
        calls = [
            ObjectCall(gate.id, method, pack(((), {}), 1_000, ""))
            for method in ("increment", "increment", "value")
        ]
        with at_point("object.commit.begun", full_disk):
            replies = world.lake.objects().host.call_many(calls)
        for reply in replies:
            with pytest.raises(Unavailable):
                reply.value()
        assert gate.value() == 1

    def test_a_message_to_another_object_waits_for_the_commit_before_it(self, world: World) -> None:
        gate, other = world.object(Gate), world.object(Gate)
        reached, go_on = threading.Event(), threading.Event()

        def hold() -> None:
            reached.set()
            assert go_on.wait(10)

        with at_point(BEFORE_COMMIT, hold), Meanwhile(lambda: gate.tell(other.id.name)) as telling:
            assert reached.wait(10)
            time.sleep(0.1)
            assert other.value() == 0
            go_on.set()
            assert telling.value == 1

    def test_a_message_whose_commit_failed_never_leaves(self, world: World) -> None:
        gate, other = world.object(Gate), world.object(Gate)
        with at_point(BEFORE_COMMIT, full_disk), pytest.raises(Unavailable):
            gate.tell(other.id.name)
        assert (gate.value(), other.value()) == (0, 0)

    def test_an_append_whose_turn_is_not_durable_is_not_made(self, world: World) -> None:
        gate = world.object(Gate)
        told = world.lake.database("told")
        gate.increment_and_append("told")
        with at_point(BEFORE_COMMIT, full_disk), pytest.raises(Unavailable):
            gate.increment_and_append("told")
        assert (gate.value(), told.sql("SELECT count(*) FROM told").rows()) == (1, [(1,)])

    def test_objects_whose_turns_end_together_share_a_commit(self, world: World) -> None:
        slot = world.object(Gate).id.slot
        gates = [g for g in (world.object(Gate) for _ in range(600)) if g.id.slot == slot][:4]
        names: list[str] = []
        crash.on_reach = names.append
        try:
            calls = [ObjectCall(gate.id, "increment", pack(((), {}), 1_000, "")) for gate in gates]
            replies = world.lake.objects().host.call_many(calls)
        finally:
            crash.on_reach = None
        assert [reply.value() for reply in replies] == [1] * len(gates)
        assert names.count("object.commit.committed") < max(2, len(gates))

    def test_blocking_for_too_long_starts_the_object_anew(self, tmp_path: Path) -> None:
        policy = replace(ObjectPolicy(), block_s=0.05)
        store = open_store(tmp_path / "store")
        host = ObjectHost(ObjectSurroundings(tmp_path / "hot", store, system_clock, policy), lake=None)
        identity = named_id(class_ref(Gate), fresh())

        def ask(method: str, *args: Any) -> Any:
            return host.call(ObjectCall(identity, method, pack((args, {}), 1_000, ""))).value()

        assert [ask("see"), ask("see")] == [1, 2]
        with pytest.raises(Unavailable, match="blocked for more than"):
            ask("block_for", 0.1)
        assert ask("see") == 1
        host.close()
