"""A host without Ray: what it does when a unit is claimed behind its back, moved, or its lease runs out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

import thermocline
from thermocline.actors.cluster.host import ShardHost
from thermocline.actors.cluster.options import ClusterOptions, LakePlace
from thermocline.actors.cluster.unit_lock import UnitLock
from thermocline.core.clock import Clock, system_clock
from thermocline.core.errors import Fenced
from thermocline.core.objects import ObjectCall, class_ref, named_id, pack
from thermocline.core.owners import Append
from thermocline.core.placement import Assignment, Misplaced, Seat, Unit
from thermocline.core.policy import TierPolicy
from thermocline.core.sharding import ShardMap
from thermocline.tiers.assignments import Assignments
from thermocline.tiers.object_store import open_store
from thermocline.tiers.shard_maps import ShardMaps


class Kept(thermocline.DurableObject):
    asked = 0

    def ask(self) -> int:
        self.asked += 1
        return self.asked


class Sleeper(thermocline.DurableObject):
    woken: ClassVar[SimpleQueue[tuple[str, int]]] = SimpleQueue()

    def sleep(self) -> None:
        self.storage.set_alarm("up", 60)

    def alarm(self, name: str, info: thermocline.AlarmInfo) -> None:
        self.woken.put((name, info.tries))


SLEEPER = named_id(class_ref(Sleeper), "one")
UNIT = Unit("db/acme/shard-0", replicated=True)
Open = Callable[..., ShardHost]


@pytest.fixture
def assignments(tmp_path: Path) -> Assignments:
    store = open_store(tmp_path / "objects")
    ShardMaps(store, "acme").create(ShardMap(durability="replicated"), exists=False)
    return Assignments(store)


@pytest.fixture
def open_host(tmp_path: Path) -> Iterator[Open]:
    """A host on a disk of its own, in a seat of that name."""
    hosts = []

    def opened(
        name: str, lease_s: float = 60, clock: Clock = system_clock, learn: Any = lambda _, __: object
    ) -> ShardHost:
        place = LakePlace(str(tmp_path / "objects"), str(tmp_path / "disk-{node}"), {"type": "in-memory"})
        host = ShardHost(
            place,
            ClusterOptions(lease_s=lease_s, objects="replicated"),
            name,
            clock=clock,
            entropy=os.urandom,
            policy=TierPolicy(),
            lake=lambda: SimpleNamespace(dispatch=None),
            learn=learn,
            die=lambda _: None,
        )
        hosts.append(host)
        host.take(Seat(name, name), 1)
        return host

    yield opened
    for host in hosts:
        host.stop()


def publish(assignments: Assignments, *seats: str) -> Assignment:
    """In force for everybody at once, as a keeper never does it."""
    assignment = assignments.latest().next(seats=tuple(Seat(name, name) for name in seats), before=None)
    assert assignments.publish(assignment)
    return assignment


def append(host: ShardHost, version: int, id: str) -> Any:
    rows = Append("events", [{"_id": id}])
    return host.call(version, UNIT, "append_once", ([rows], f"operation-{id}"), {})


def rows(host: ShardHost, version: int) -> int:
    table, *_ = host.call(version, UNIT, "ask", ("SELECT count(*) AS n FROM events", None), {})
    return int(table.column("n")[0].as_py())


def test_an_owner_that_was_fenced_claims_its_unit_again(assignments: Assignments, open_host: Open) -> None:
    version = publish(assignments, "a").version
    owner = open_host("a")
    append(owner, version, "1")
    elsewhere = publish(assignments, "b").version
    rival = open_host("b")
    append(rival, elsewhere, "2")
    back = publish(assignments, "a").version
    with pytest.raises(Fenced):
        append(owner, version, "3")
    append(owner, back, "3")
    assert rows(owner, back) == 3


def test_a_host_lets_go_of_what_was_moved(assignments: Assignments, open_host: Open) -> None:
    first = publish(assignments, "a").version
    owner = open_host("a")
    append(owner, first, "1")
    later = publish(assignments, "b").version
    with pytest.raises(Misplaced):
        append(owner, later, "2")
    assert owner.facts()["shards"] == []


def test_a_unit_that_closes_badly_keeps_no_other_from_being_let_go(
    assignments: Assignments, open_host: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sealed = Unit("db/beta/shard-0")
    ShardMaps(open_store(tmp_path / "objects"), "beta").create(ShardMap(), exists=False)
    first = publish(assignments, "a").version
    owner = open_host("a")
    owner.call(first, sealed, "append_once", ([Append("events", [{"n": 1}])], "operation-0"), {})
    append(owner, first, "1")
    folder = owner._disk / "databases"
    (folder / "beta" / "hot.sqlite.seal.part").mkdir()  # where its seal is to be written
    publish(assignments, "b")
    owner.reload()
    assert "closing db/beta/shard-0" in caplog.text
    assert owner.facts()["shards"] == []
    for database in ("acme", "beta"):
        UnitLock(folder / database / "hot.lock").release()


def test_a_host_answers_no_more_from_what_was_moved_though_its_callers_know_no_better(
    assignments: Assignments, open_host: Open
) -> None:
    first = publish(assignments, "a").version
    owner = open_host("a", lease_s=4)
    append(owner, first, "1")
    changing = assignments.latest().next(seats=(Seat("b", "b"),))
    assert assignments.publish(changing)
    _until(lambda: assignments.beats(["a"])[0].version == changing.version)
    with pytest.raises(Misplaced):
        rows(owner, first)


def test_a_host_keeps_nothing_that_was_moved_while_it_was_being_opened(
    assignments: Assignments, open_host: Open
) -> None:
    first = publish(assignments, "a").version
    moves: list[Callable[[], None]] = []

    def clock() -> datetime:
        while moves:
            moves.pop()()
        return system_clock()

    owner = open_host("a", clock=clock)

    def move() -> None:
        publish(assignments, "b")
        owner.reload()

    moves.append(move)
    with pytest.raises(Misplaced):
        append(owner, first, "1")
    assert not moves, "nothing asked for the time while the unit was opened"
    assert owner.facts()["shards"] == []
    UnitLock(owner._disk / "databases" / "acme" / "hot.lock").release()


def test_nor_a_slot_of_objects(assignments: Assignments, open_host: Open) -> None:
    first = publish(assignments, "a").version

    def learn(_: Assignments, __: str) -> type:
        publish(assignments, "b")
        owner.reload()
        return object

    owner = open_host("a", learn=learn)
    identity = named_id("nowhere:Nothing", "one")
    with pytest.raises(Misplaced):
        owner.call_object(first, ObjectCall(identity, "ask", pack(((), {}), 100, "ask")))
    assert owner.facts()["slots"] == 0
    UnitLock(owner._disk / "objects-hot" / f"{identity.slot:03d}.lock").release()


def test_what_was_anothers_for_a_moment_is_opened_anew(
    assignments: Assignments, open_host: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = open_host("a", learn=lambda _, __: Kept)
    message = ObjectCall(named_id(class_ref(Kept), "one"), "ask", pack(((), {}), 100, "ask"))
    first = publish(assignments, "a").version
    assert [owner.call_object(first, message).value() for _ in range(2)] == [1, 2]
    append(owner, first, "1")
    (shard,) = owner._partitions.values()
    with monkeypatch.context() as slow:
        slow.setattr(owner, "_let_go_of_others", lambda: None)
        slow.setattr(owner, "_settle", lambda: None)
        for seat in "ba":
            publish(assignments, seat)
            owner._take_note()
        # It is this host's again, but what it has in memory may not be what the other one left.
        with pytest.raises(Misplaced):
            owner.call_object(assignments.newest(), message)
        with pytest.raises(Misplaced):
            append(owner, assignments.newest(), "2")
    owner.reload()
    assert owner.call_object(assignments.newest(), message).value() == 1
    append(owner, assignments.newest(), "2")
    assert owner._partitions[UNIT.name] is not shard


def test_what_is_lost_while_the_host_settles_is_closed_after_all(
    assignments: Assignments, open_host: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = open_host("a", lease_s=4)
    append(owner, publish(assignments, "a").version, "1")
    wake = owner._wake_objects

    def wake_late() -> bool:
        """By the time that it says that all is settled, a silence has been noticed."""
        monkeypatch.setattr(owner, "_wake_objects", wake)
        owner._lost.add(UNIT.name)
        owner._settled_at = -1
        return wake()

    monkeypatch.setattr(owner, "_wake_objects", wake_late)
    owner.reload()
    _until(lambda: _answers(owner, assignments.newest()))
    assert rows(owner, assignments.newest()) == 1


def test_alarms_wake_with_the_next_owner_though_nobody_calls(
    assignments: Assignments, open_host: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [timedelta()]
    former, owner = (
        open_host(name, learn=lambda _, __: Sleeper, clock=lambda: system_clock() + late[0]) for name in "ab"
    )
    set_alarm = ObjectCall(SLEEPER, "sleep", pack(((), {}), 100, ""))
    former.call_object(publish(assignments, "a").version, set_alarm).value()
    with monkeypatch.context() as slow:
        # The successor looks for the first time while this one still holds the file.
        slow.setattr(former, "_let_go", lambda *_, **__: None)
        publish(assignments, "b")
        owner.reload()
    former.reload()
    late[0] = timedelta(hours=1)
    assert Sleeper.woken.get(timeout=10) == ("up", 0)
    assert (former.facts()["slots"], owner.facts()["slots"]) == (0, 1)


def test_a_host_that_cannot_look_stops_serving(
    assignments: Assignments, open_host: Open, tmp_path: Path
) -> None:
    version = publish(assignments, "a").version
    owner = open_host("a", lease_s=4)
    append(owner, version, "1")
    (before,) = owner._partitions.values()
    (tmp_path / "objects").rename(tmp_path / "away")
    (tmp_path / "objects").write_bytes(b"no folder")
    _until(lambda: not _serves(owner))
    (tmp_path / "objects").unlink()
    (tmp_path / "away").rename(tmp_path / "objects")
    _until(lambda: _serves(owner))
    # Somebody else may have had the unit meanwhile, so it is opened anew.
    _until(lambda: before not in owner._partitions.values() and _answers(owner, version))
    assert rows(owner, version) == 1


def _serves(host: ShardHost) -> bool:
    try:
        host.check_lease()
    except Misplaced:
        return False
    return True


def _answers(host: ShardHost, version: int) -> bool:
    """Or says that whoever asked should ask again."""
    try:
        rows(host, version)
    except Misplaced:
        return False
    return True


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
