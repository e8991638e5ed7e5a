"""The keeper, one for each lake, and the processes of hosts that it starts and watches.

It seats processes, notices the dead (a pending call fails) and the frozen (no sign of life within the lease),
and publishes the assignment when nodes come and go. Ray restarts a host that has died: as a spare.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ...core.clock import Clock
from ...core.errors import Error, Unavailable
from ...core.ids import checksum
from ...core.placement import Assignment, Beat, Seat, Unit, Watch
from ...core.policy import TierPolicy
from ...tiers.assignments import Assignments
from ...tiers.object_store import open_store
from ...tiers.objects.shard import used_slots
from ..lake_lock import LakeLock
from .host_actor import HostActor, prepare
from .options import ClusterOptions, LakePlace

NAMESPACE = "thermocline"
START_S = 90.0
"""How long a head may take to bring up a keeper and its first hosts."""
SEATED_S = 60.0
LOOK_S = 0.05
"""How long the keeper waits for a death before it looks at the signs of life."""
NODES_EVERY_S = 1.0


@dataclass
class _Process:
    """A host actor as the keeper sees it. `seat`: `None` for a spare. `silent`: pid and start of a process
    that was given up and may stand still with its files locked; it is ended until another one reports."""

    handle: Any
    node_id: str
    node: str
    pid: int = 0
    started: float = 0.0
    seat: Seat | None = None
    incarnation: int = 0
    watching: Any = None
    coming: Any = None
    silent: tuple[int, float] | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """What clients need: who owns what, and the process in each seat (handle, incarnation)."""

    assignment: Assignment
    seats: Mapping[str, tuple[Any, int]]


@dataclass(frozen=True, slots=True)
class _Node:
    id: str
    name: str
    region: str | None
    cores: float


class KeeperActor:
    def __init__(
        self,
        place: LakePlace,
        options: ClusterOptions,
        policy: TierPolicy,
        clock: Clock,
        lock: str | None,
    ) -> None:
        prepare(options)
        self._place, self._options, self._policy, self._clock = place, options, policy, clock
        self._owned = LakeLock(Path(lock)) if lock else None
        self._store = open_store(place.store)
        self._assignments = Assignments(self._store)
        self._assignment = Assignment()
        self._incarnations: dict[str, int] = {}
        self._recall(wait=ray.get_runtime_context().was_current_actor_reconstructed)
        self._processes: list[_Process] = []
        self._watch = Watch(options.lease_s)
        self._looked_at = 0.0
        self._published_at = time.monotonic()
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._problem = ""
        self._nodes_seen_at = 0.0
        self._thread = threading.Thread(target=self._run, name="thermocline-keeper", daemon=True)
        self._thread.start()

    def _recall(self, *, wait: bool) -> None:
        """What the store knows. `wait`: however long it does not answer, as Ray starts no actor anew whose
        start has failed."""
        while True:
            try:
                self._assignment = self._assignments.latest()
                beats = self._assignments.beats(seat.name for seat in self._assignment.seats)
                self._incarnations = {beat.seat: beat.incarnation for beat in beats}
                return
            except Unavailable:
                if not wait:
                    raise
            time.sleep(LOOK_S)

    def wait_until_seated(self) -> None:
        """Returns when every seat is filled, or after a minute."""
        deadline = time.monotonic() + SEATED_S
        while time.monotonic() < deadline and not self._seated():
            time.sleep(0.02)

    def place(self) -> tuple[LakePlace, ClusterOptions, TierPolicy]:
        return self._place, self._options, self._policy

    def directory(self) -> Directory:
        with self._lock:
            seated = {p.seat.name: (p.handle, p.incarnation) for p in self._processes if p.seat is not None}
            return Directory(self._assignment, seated)

    def object_slots(self) -> list[int]:
        """The slots of durable objects that may hold any."""
        return used_slots(self._store)

    def move(self, unit: Unit, seat: str) -> None:
        """Puts a unit onto another seat: the old owner lets go, the new one claims it at its next call."""
        with self._lock:
            self._publish(self._assignment.moved(unit, seat))
            handles = [p.handle for p in self._processes if p.seat is not None]
        for handle in handles:
            handle.reload.remote()

    def hosts(self) -> list[dict[str, Any]]:
        with self._lock:
            processes = list(self._processes)
        asked = [(p, p.handle.facts.remote()) for p in processes if p.seat is not None]
        refs = [ref for _, ref in asked]
        ready = ray.wait(refs, num_returns=len(refs), timeout=1.0)[0] if refs else []
        found = []
        for process, ref in asked:
            base: dict[str, Any] = {"seat": process.seat.name if process.seat else None, "node": process.node}
            base |= {"incarnation": process.incarnation, "pid": process.pid, "answers": ref in ready}
            if ref in ready:
                try:
                    base |= ray.get(ref)
                except ray.exceptions.RayError:
                    base["answers"] = False
            found.append(base)
        spares = [{"seat": None, "node": p.node, "pid": p.pid} for p in processes if p.seat is None]
        return found + spares

    def stop(self) -> None:
        """Has every host close its files."""
        self._stopped.set()
        self._thread.join()
        with self._lock:
            stopping = [p.handle.stop.remote() for p in self._processes if p.pid]
        for ref in stopping:
            try:
                ray.get(ref, timeout=10)
            except (ray.exceptions.RayError, ray.exceptions.GetTimeoutError):
                continue
        for process in self._processes:
            ray.kill(process.handle, no_restart=True)
        if self._owned is not None:
            self._owned.release()

    # -- watching ---------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._settle()
                self._notice_deaths()
                self._notice_silence()
                if time.monotonic() - self._nodes_seen_at > NODES_EVERY_S:
                    self._look_at_nodes()
                self._problem = ""
            except Exception as error:  # noqa: BLE001 - the watch must go on, whatever the control store does
                if str(error) != self._problem:
                    logging.getLogger("thermocline.cluster").warning("keeper: %s", error)
                self._problem = str(error)
                self._stopped.wait(0.2)

    def _settle(self) -> None:
        """Processes that have come up are watched; empty seats are filled from the spares of their node."""
        with self._lock:
            coming = [p for p in self._processes if p.coming is not None]
        for process in coming:
            ready, _ = ray.wait([process.coming], timeout=0)
            if not ready:
                continue
            ref, process.coming = process.coming, None
            try:
                process.pid, process.started, seat, process.incarnation = ray.get(ref)
            except ray.exceptions.RayError:
                process.coming = process.handle.ready.remote()
                continue
            if process.silent != (process.pid, process.started):
                process.silent = None
            process.watching = process.handle.watch.remote(process.started)
            if seat is not None:
                self._find_seated(process, seat)
        with self._lock:
            taken = {p.seat.name for p in self._processes if p.seat is not None}
            for seat in self._assignment.seats:
                if seat.up and seat.name not in taken:
                    self._fill(seat)

    def _find_seated(self, process: _Process, seat: Seat) -> None:
        """This keeper is new and the host is not, or the host could not be reached for a while. Of two in one
        seat the later one stays."""
        with self._lock:
            before = [p for p in self._processes if p.seat is not None and p.seat.name == seat.name]
            if process.incarnation < self._incarnations.get(seat.name, 0):
                self._start_anew(process)
                return
            for each in before:
                self._start_anew(each)
            self._incarnations[seat.name] = process.incarnation
            process.seat = seat
            self._watch.seated(seat.name, process.incarnation, time.monotonic())

    def _start_anew(self, process: _Process) -> None:
        """Ends the process, wherever it is; it comes back as a spare."""
        try:
            ray.kill(process.handle, no_restart=False)
        finally:
            self._unseat(process)

    def _fill(self, seat: Seat) -> None:
        for process in self._processes:
            if process.node == seat.node and process.seat is None and process.watching is not None:
                incarnation = self._incarnations.get(seat.name, 0) + 1
                self._incarnations[seat.name] = incarnation
                process.seat, process.incarnation = seat, incarnation
                self._watch.seated(seat.name, incarnation, time.monotonic())
                process.handle.take.remote(seat, incarnation)
                return

    def _notice_deaths(self) -> None:
        with self._lock:
            watched = {p.watching: p for p in self._processes if p.watching is not None}
        if not watched:
            self._stopped.wait(LOOK_S)
            return
        gone, _ = ray.wait(list(watched), num_returns=1, timeout=LOOK_S)
        for ref in gone:
            self._unseat(watched[ref])

    def _unseat(self, process: _Process) -> None:
        """Ray starts its process anew: it comes back as a spare."""
        with self._lock:
            process.seat, process.pid, process.watching = None, 0, None
            process.coming = process.handle.ready.remote()

    def _notice_silence(self) -> None:
        with self._lock:
            seated = [p for p in self._processes if p.seat is not None]
            handing_over = self._assignment.before is not None
        now = time.monotonic()
        # Each look is a read for each seat: as often as signs are given, unless somebody waits for them.
        if now - self._looked_at < self._options.beat_s / 2 and not handing_over:
            return
        self._looked_at = now
        try:
            beats = self._assignments.beats(p.seat.name for p in seated if p.seat)
        except Error:
            self._watch.excuse(now)
            raise
        self._watch.observe(beats, now)
        self._hand_over(beats, now)
        for process in seated:
            if process.seat is not None and self._watch.expired(process.seat.name, now):
                self._replace_frozen(process)

    def _hand_over(self, beats: Sequence[Beat], now: float) -> None:
        """Ends the time between two owners: every host goes by the new assignment, or by none at all."""
        with self._lock:
            assignment = self._assignment
            if assignment.before is None:
                return
            agreed = {beat.seat for beat in beats if beat.version >= assignment.version}
            known = {seat.name for seat in assignment.before.seats}
            if known <= agreed or now - self._published_at > self._options.fence_s:
                self._publish(assignment.settled())

    def _replace_frozen(self, process: _Process) -> None:
        """Its seat is free at once; the process itself is ended, as it holds the locks of its files."""
        process.silent = process.pid, process.started
        self._end_silent(process)
        self._unseat(process)

    def _end_silent(self, process: _Process) -> None:
        """Somebody on the same node does it. Who was asked may have died before it did: it is asked again."""
        if process.silent is None:
            return
        with self._lock:
            helpers = [p for p in self._processes if p.node == process.node and p is not process and p.pid]
        for helper in helpers:
            helper.handle.kill.remote(*process.silent)

    # -- nodes ------------------------------------------------------------------------------------

    def _look_at_nodes(self) -> None:
        """Seats for nodes that are new, processes for nodes that lack some; nodes that are down are noted."""
        nodes = _nodes()
        with self._lock:
            self._nodes_seen_at = time.monotonic()
            self._catch_up()
            alive = {node.id for node in nodes}
            self._processes = [p for p in self._processes if p.node_id in alive]
            assignment = self._assignment.with_nodes(node.name for node in nodes)
            known = {seat.node for seat in assignment.seats}
            for node in nodes:
                if node.name not in known:
                    count = self._options.seats_of(node.cores)
                    names = [f"{node.name}-{number}" for number in range(count)]
                    joined = self._assignment.version
                    seats = [Seat(name, node.name, node.region, joined=joined) for name in names]
                    assignment = assignment.with_seats(seats)
            if assignment != self._assignment:
                self._publish(assignment)
            for node in nodes:
                self._staff(node)
            for process in self._processes:
                self._end_silent(process)

    def _seated(self) -> bool:
        with self._lock:
            taken = {p.seat.name for p in self._processes if p.seat is not None}
            looked = self._nodes_seen_at > 0
            return looked and all(seat.name in taken for seat in self._assignment.seats if seat.up)

    def _staff(self, node: _Node) -> None:
        seats = sum(seat.node == node.name for seat in self._assignment.seats)
        present = sum(p.node_id == node.id for p in self._processes)
        for number in range(present, seats + self._options.spares):
            kind: Any = ray.remote(HostActor)
            handle = kind.options(
                # Detached and named, so that they outlive their keeper and the next one finds them.
                name=f"host-{lake_key(self._place)}-{node.id[:12]}-{number}",
                namespace=NAMESPACE,
                get_if_exists=True,
                lifetime="detached",
                num_cpus=0,
                max_restarts=-1,
                max_task_retries=0,
                max_concurrency=self._options.threads + 4,
                scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False),
            ).remote(self._place, self._options, self._policy, self._clock, node.name)
            self._processes.append(_Process(handle, node.id, node.name, coming=handle.ready.remote()))

    def _catch_up(self) -> None:
        """Hosts go by what the store has, and that may be ours though the store's reply to it was lost."""
        if self._assignments.newest() > self._assignment.version:
            self._assignment = self._assignments.latest()
            self._published_at = time.monotonic()

    def _publish(self, assignment: Assignment) -> None:
        if not self._assignments.publish(assignment):
            self._catch_up()
            raise Unavailable("the assignment was changed at the same time", hint="try again")
        self._published_at = time.monotonic()
        self._assignment = assignment


def _nodes() -> list[_Node]:
    """Those that are alive and have CPUs to give. A node's name is its label `thermocline-node`, else its
    address."""
    found = []
    nodes: Any = ray.nodes  # ships no type information
    for node in nodes():
        cores = node["Resources"].get("CPU", 0.0)
        if not node["Alive"] or not cores:
            continue
        labels = node.get("Labels") or {}
        name = labels.get("thermocline-node") or node["NodeManagerAddress"]
        found.append(_Node(node["NodeID"], name, labels.get("region"), cores))
    return found


def find_keeper(place: LakePlace) -> Any | None:
    """The keeper of that lake, if one runs on this cluster."""
    try:
        return ray.get_actor(_keeper_name(place), namespace=NAMESPACE)
    except ValueError:
        return None


def start_keeper(
    place: LakePlace,
    options: ClusterOptions,
    policy: TierPolicy,
    clock: Clock,
    lock: str | None,
    *,
    detached: bool,
) -> Any:
    """A keeper for the lake; it has filled its seats when this returns. Raises what its start raises."""
    kind: Any = ray.remote(KeeperActor)
    handle = kind.options(
        name=_keeper_name(place),
        namespace=NAMESPACE,
        get_if_exists=True,
        lifetime="detached" if detached else None,
        num_cpus=0,
        max_restarts=-1,
        max_task_retries=0,
        max_concurrency=64,
    ).remote(place, options, policy, clock, lock)
    ask_starting(handle.wait_until_seated)
    return handle


def ask_starting(method: Any) -> Any:
    """What a method of a keeper returns that may just be starting. A process can die at birth, as those do
    that are forked beside gRPC's threads; then Ray starts another, which is asked again."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            return ray.get(method.remote(), timeout=START_S)
        except ActorUnavailableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_S)


def _keeper_name(place: LakePlace) -> str:
    return f"keeper-{lake_key(place)}"


def lake_key(place: LakePlace) -> str:
    """Tells the lakes of one cluster apart."""
    return checksum(place.store.encode())[:12]
