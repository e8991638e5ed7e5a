"""The faults of a cluster. Each acts on real processes, and has ended what it began when it returns."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..actors.cluster.lake import RayLake
from ..core.errors import Error
from ..core.placement import Beat, Unit
from ..tiers.assignments import Assignments
from ..tiers.shard import Shard, Surroundings
from .history import Attempt
from .nodes import FAR, Nodes, frozen
from .sabotage import KILL, STOP, Sabotage, Weather
from .workload import TABLE, Load, Tell, ledger

INSTANTS = ("append.committed", "append.visible", "object.commit.committed", "object.commit.visible")
"""After a commit and before its reply."""
INSIDE = (*INSTANTS, "append.begun", "append.rows_written", "object.commit.written")
SHIPPING = ("replica.committed", "replica.shipped")


@dataclass
class Arena:
    """One lake on the nodes.

    `rough`: held by whoever takes a node or the control store away; `traps`, `skies`: by whoever arms an
    instant, changes the weather. `over`: set once nobody waits for the schedules any more.
    """

    nodes: Nodes
    lake: RayLake
    disks: Path
    sabotage: Sabotage
    lease_s: float
    rough: threading.Lock = field(default_factory=threading.Lock)
    traps: threading.Lock = field(default_factory=threading.Lock)
    skies: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)

    def hosts(self) -> list[Beat]:
        """The processes in the seats, as they last said of themselves."""
        assignments = Assignments(self.lake.store)
        return assignments.beats(seat.name for seat in assignments.latest().seats)

    def host_of(self, unit: Unit) -> Beat | None:
        with suppress(Error):
            owner = Assignments(self.lake.store).latest().owner(unit).name
            return next((beat for beat in self.hosts() if beat.seat == owner), None)
        return None


@dataclass(frozen=True)
class Target:
    """What a schedule is about: its database, and the chance that its seed gives."""

    arena: Arena
    load: Load
    replicated: bool
    rng: random.Random
    tell: Tell

    @property
    def unit(self) -> Unit:
        return self.arena.lake.unit(f"db/{self.load.database}/shard-0")

    def host(self) -> Beat | None:
        """Mostly the one that has the database."""
        hosts = self.arena.hosts()
        if self.rng.random() < 0.7:
            return self.arena.host_of(self.unit)
        return self.rng.choice(hosts) if hosts else None


def host_killed(target: Target) -> None:
    for _ in range(target.rng.choice((1, 1, 2))):
        if host := target.host():
            _signal(host.pid, KILL)
        time.sleep(target.rng.uniform(0, 0.5))


def host_frozen(target: Target) -> None:
    """For less than its lease, about as long, or until it is replaced; at any instant or inside a commit."""
    arena, rng = target.arena, target.rng
    still_s = rng.choice((0.3, 0.7, 1.1, 1.6)) * arena.lease_s
    if rng.random() < 0.5:
        points = (*INSIDE, *SHIPPING) if target.replicated else INSIDE
        with arena.traps, arena.sabotage.armed(rng.choice(points), STOP) as caught:
            if pid := caught(1.0):
                with frozen(pid):
                    time.sleep(still_s)
    elif host := target.host():
        with frozen(host.pid):
            time.sleep(still_s)


def died_before_the_reply(target: Target) -> None:
    arena, rng = target.arena, target.rng
    points = (*INSTANTS, *SHIPPING) if target.replicated else INSTANTS
    for _ in range(rng.choice((1, 2))):
        with arena.traps, arena.sabotage.armed(rng.choice(points), KILL) as caught:
            caught(1.5)


def store_slow(target: Target) -> None:
    with target.arena.skies, target.arena.sabotage.weather(Weather(slow_s=target.rng.uniform(0.02, 0.3))):
        time.sleep(target.rng.uniform(0.3, 1.5))


def store_failing(target: Target) -> None:
    rng = target.rng
    weather = Weather(slow_s=rng.choice((0, 0, 0.05)), failing=rng.choice((0.1, 0.5, 0.9, 1)))
    with target.arena.skies, target.arena.sabotage.weather(weather):
        time.sleep(rng.uniform(0.2, 1.2) * target.arena.lease_s)


def two_claimants(target: Target) -> None:
    """Frozen before it writes, an owner wakes up after its unit was moved; or seats, or disks, take turns."""
    arena, rng = target.arena, target.rng
    if target.replicated and rng.random() < 0.4:
        _rival(target)
        return
    unit, point = target.unit, "append.begun"
    if rng.random() < 0.3:
        key = f"effect-0-{rng.randrange(3)}"
        unit = arena.lake.dispatch.unit(ledger(arena.lake, target.load, key).id)
        point = "object.commit.begun"
    owner = arena.host_of(unit)
    if rng.random() < 0.7 and owner is not None:
        with arena.traps, arena.sabotage.armed(point, STOP, owner.pid) as caught:
            caught(1.0)
            with frozen(owner.pid):
                _move(target, unit)
                time.sleep(rng.uniform(0.4, 1.2) * arena.lease_s)
        return
    for _ in range(rng.randint(2, 5)):
        _move(target, unit)
        time.sleep(rng.uniform(0, 0.15))


def raylet_killed(target: Target) -> None:
    with target.arena.rough:
        _signal(target.arena.nodes.raylet(FAR), KILL)
        time.sleep(target.rng.uniform(0, 2))
        target.arena.nodes.end_far()
        target.arena.nodes.start_far()


def raylet_frozen(target: Target) -> None:
    """Long enough to be given up, or not; alone, or with its hosts."""
    arena, rng = target.arena, target.rng
    with arena.rough:
        nodes = arena.nodes
        pids = [nodes.raylet(FAR)]
        if rng.random() < 0.5:
            pids += nodes.workers(FAR)
        with frozen(*pids):
            time.sleep(rng.choice((0.5, 4, 5.5)))
        if nodes.raylet_ends(within_s=2.0):
            nodes.end_far()
            nodes.start_far()


def control_store_down(target: Target) -> None:
    """It stands still for a while, or it is killed and comes back; a host may die meanwhile."""
    arena, rng = target.arena, target.rng
    with arena.rough:
        nodes = arena.nodes
        down_s = rng.uniform(0.3, 2)
        if rng.random() < 0.5:
            with frozen(nodes.control_store):
                _perhaps_kill(target, down_s)
        else:
            nodes.kill_control_store()
            _perhaps_kill(target, down_s)
            nodes.start_control_store()


def disk_lost(target: Target) -> None:
    """A node dies, and of all that is replicated nothing is on its disk when it is back."""
    arena = target.arena
    with arena.rough:
        arena.nodes.end_far()
        disk = arena.disks / FAR
        for folder in (disk / "databases").glob("*"):
            if arena.lake.unit(f"db/{folder.name}/shard-0").replicated:
                shutil.rmtree(folder)
        if arena.lake.options.objects == "replicated":
            shutil.rmtree(disk / "objects-hot", ignore_errors=True)
        time.sleep(target.rng.uniform(0, 1.5))
        arena.nodes.start_far()


Fault = Callable[[Target], None]

SMALL: tuple[Fault, ...] = (
    host_killed,
    host_frozen,
    died_before_the_reply,
    store_slow,
    store_failing,
    two_claimants,
)
LARGE: tuple[Fault, ...] = (raylet_killed, raylet_frozen, control_store_down, disk_lost)


def _perhaps_kill(target: Target, for_s: float) -> None:
    if target.rng.random() < 0.5 and (host := target.host()):
        _signal(host.pid, KILL)
    time.sleep(for_s)


def _move(target: Target, unit: Unit) -> None:
    """To another seat that may have it. One that is published at the same time, or a dead node, refuses."""
    assignment = Assignments(target.arena.lake.store).latest()
    seats = [seat.name for seat in assignment.seats]
    target.rng.shuffle(seats)
    for seat in seats:
        with suppress(Error):
            if assignment.owner(unit).name != seat:
                target.arena.lake.move(unit.name, seat)
                return


def _rival(target: Target) -> None:
    """Takes the database over on a disk of its own, behind the assignment's back, and writes to it."""
    arena, load = target.arena, target.load
    around = _surroundings(arena.lake)
    for number in range(target.rng.choice((1, 2))):
        path = arena.disks / "rival" / load.database / "hot.sqlite"
        try:
            shard = Shard(load.database, "shard-0", path, around, replicated=True)
        except Error:
            continue  # two claimed at once, and this was not the one
        try:
            _append_beside(shard, target, f"{load.database}/rival-{target.rng.random()}/{number}")
        finally:
            shard.close()
        time.sleep(target.rng.uniform(0, 0.1))


def _append_beside(shard: Shard, target: Target, id: str) -> None:
    from ..core.owners import Append

    try:
        shard.append([Append(TABLE, [{"_id": id, "client": -1}])])
    except Error:
        target.tell(Attempt("append", id, "", "unknown"))
    else:
        target.tell(Attempt("append", id, "", "yes"))


def _surroundings(lake: RayLake) -> Surroundings:
    from ..tiers.cold.iceberg import IcebergCold

    cold = IcebergCold(lake.store, lake.place.catalog)
    return Surroundings(lake.store, lake.files, cold, lake.clock, lake.entropy, lake.policy)


def _signal(pid: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, sign)
