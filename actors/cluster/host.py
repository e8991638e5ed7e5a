"""One host: the shards and objects of its seat, opened when they are first asked for. Knows nothing of Ray.

call --> may I? (seat, assignment, lease) --> open (lock, claim the epoch) --> act --> may I still? --> reply

A host that can't show a sign of life in time stops serving by itself, before anybody takes its place.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ...core.clock import Clock
from ...core.errors import Error, Fenced, Unavailable
from ...core.ids import Entropy
from ...core.objects import ObjectCall, ObjectPolicy, ObjectReply
from ...core.placement import Assignment, Beat, Misplaced, Seat, Unit
from ...core.policy import TierPolicy
from ...router.embedded import embedded
from ...router.engine import Engine
from ...tiers.assignments import Assignments
from ...tiers.cold.iceberg import IcebergCold
from ...tiers.files import CheckedFiles
from ...tiers.object_store import open_store
from ...tiers.objects.shard import ObjectSurroundings, used_slots
from ...tiers.shard import Surroundings
from ..objects.caretaker import Caretaker
from ..objects.host import ObjectHost
from .hosted import HostedPartition, open_partition
from .options import ClusterOptions, LakePlace
from .unit_lock import UnitLock

_log = logging.getLogger("thermocline.cluster")

OBJECTS = "objects"
"""Units of durable objects are named objects/000 to objects/255, those of databases db/<name>/<shard>."""


class ShardHost:
    """`lake`: gives the lake that objects reach through their context. `learn`: finds an object's class, that
    a client may have sent. `die`: ends this process at once.
    """

    def __init__(
        self,
        place: LakePlace,
        options: ClusterOptions,
        node: str,
        *,
        clock: Clock,
        entropy: Entropy,
        policy: TierPolicy,
        lake: Callable[[], Any],
        learn: Callable[[Assignments, str], type],
        die: Callable[[str], None],
    ) -> None:
        self.options = options
        self.seat: Seat | None = None
        self.incarnation = 0
        self._die = die
        self._learn = learn
        self._disk = Path(place.disk.replace("{node}", node))
        self._disk.mkdir(parents=True, exist_ok=True)
        store = open_store(place.store, cache=self._disk / "cache")
        self._assignments = Assignments(store)
        self._assignment = Assignment()
        (self._disk / "tmp").mkdir(exist_ok=True)
        self.engine = Engine(self._disk, [store.folder])
        self._around = Surroundings(
            store=store,
            files=CheckedFiles(store),
            cold=IcebergCold(store, place.catalog),
            clock=clock,
            entropy=entropy,
            policy=policy,
            embed=partial(embedded, self.engine),
        )
        self._lake = lake
        self._lock = threading.RLock()
        self._opening: dict[str, threading.Lock] = {}
        self._partitions: dict[str, HostedPartition] = {}
        self._slot_locks: dict[int, UnitLock] = {}
        self._lost: set[str] = set()
        """Units that are open here and were another's by some assignment since: they are closed, whoever has
        them now, as another may have written to them."""
        self._objects: ObjectHost | None = None
        self._caretaker: Caretaker | None = None
        self._beats = 0
        self._beaten_at = 0.0
        self._calls: dict[int, tuple[float, str]] = {}
        self._waking = threading.Lock()
        self._settled_at = -1
        self._stopped = threading.Event()

    # -- seat and lease ---------------------------------------------------------------------------

    def take(self, seat: Seat, incarnation: int) -> None:
        """From now on this process fills the seat; its units are opened as they are asked for."""
        with self._lock:
            self.seat, self.incarnation = seat, incarnation
            self._beat()
        threading.Thread(target=self._keep_beating, name="thermocline-lease", daemon=True).start()

    def _keep_beating(self) -> None:
        pause_s = self.options.beat_s
        while not self._stopped.wait(pause_s):
            try:
                self._beat()
                pause_s = self.options.beat_s
            except Error as error:
                _log.warning("no sign of life could be stored: %s", error.message)
                pause_s = self.options.beat_s / 4
            turn = self._longest_turn()
            if turn is not None and turn[0] > self.options.turn_s:
                self._die(f"{turn[1]} took longer than {self.options.turn_s:g} s")

    def _beat(self) -> None:
        """Looks at the newest assignment and says so: the lease counts from before the look."""
        assert self.seat is not None
        began = time.monotonic()
        if self._assignments.newest() > self._assignment.version:
            self._take_note()
        if began - self._beaten_at > self.options.fence_s:
            # Nobody had to wait for this host: others may have had its units, and given them back.
            with self._lock:
                self._lost |= {unit.name for unit in self._open_units() if unit.replicated}
                self._settled_at = -1
        if self._settled_at != self._assignment.version:
            # Turns that are under way may take their time, the next sign of life may not.
            threading.Thread(target=self._settle, name="thermocline-settle", daemon=True).start()
        self._beats += 1
        pid, version = os.getpid(), self._assignment.version
        beat = Beat(self.seat.name, self.incarnation, self._beats, pid, started_at(pid), version)
        self._assignments.beat(beat)
        self._beaten_at = began

    def check_lease(self) -> None:
        """Raises `Misplaced` once nobody may rely on this host any more."""
        if time.monotonic() - self._beaten_at > self.options.fence_s:
            raise Misplaced("this host's lease has run out", hint="the call is sent to its successor")

    def _longest_turn(self) -> tuple[float, str] | None:
        now = time.monotonic()
        turns = [(now - since, name) for since, name in list(self._calls.values())]
        if self._objects is not None:
            turns.append((self._objects.longest_turn_s(), "a turn of an object"))
        return max(turns, default=None)

    def stop(self) -> None:
        """Closes everything; what is asked for afterwards is `Unavailable`."""
        self._stopped.set()
        if self._caretaker is not None:
            self._caretaker.close()
        for name, partition in list(self._partitions.items()):
            self._close(name, partition)
        if self._objects is not None:
            self._objects.close()
        for lock in self._slot_locks.values():
            lock.release()
        self.engine.close()
        self._around.cold.close()

    # -- calls ------------------------------------------------------------------------------------

    def call(
        self, version: int, unit: Unit, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """Raises `Misplaced` if the unit is not this seat's, else what the unit's own method raises.

        `version`: of the assignment by which the caller chose this seat.
        """
        self._check_owner(unit, version)
        partition = self._partition(unit)
        key = threading.get_ident()
        # Long work is told apart from a turn that hangs: only calls that hold the shard are timed.
        if method in ("append_once", "create_table", "drop_table", "follow", "head", "close_rows", "begin"):
            self._calls[key] = (time.monotonic(), f"{method} on {unit.name}")
        try:
            value = getattr(partition, method)(*args, **kwargs)
        except Fenced:
            # Somebody claimed it behind the assignment's back: whoever comes next claims it again.
            self._close(unit.name, partition, seal=False)
            raise
        except Exception as error:
            if self._partitions.get(unit.name) is not partition:
                raise Misplaced(f"{unit.name} was closed meanwhile", hint="send it again") from error
            raise
        finally:
            self._calls.pop(key, None)
        self.check_lease()
        return value

    def call_object(self, version: int, message: ObjectCall) -> ObjectReply:
        self._check_owner(self._slot_unit(message.id.slot), version)
        self._learn(self._assignments, message.id.class_ref)
        reply = self._own_slot(message.id.slot).call(message)
        self._check_reply(message.id.slot, reply)
        self.check_lease()
        return reply

    def _check_reply(self, slot: int, reply: ObjectReply) -> None:
        """Raises what says that the call belongs elsewhere, rather than have the caller's own code see it."""
        if not reply.failed:
            return
        try:
            reply.value()
        except Fenced:
            self._let_go(slot)
            raise
        except Misplaced:
            raise
        except Exception:  # noqa: BLE001 - the caller's affair
            return

    def objects(self, version: int, method: str, args: tuple[Any, ...], slot: int) -> Any:
        """A call of the object host itself about a slot: its listing, or what concerns one object of it."""
        self._check_owner(self._slot_unit(slot), version)
        return getattr(self._own_slot(slot), method)(*args)

    def _check_owner(self, unit: Unit, version: int) -> None:
        self.check_lease()
        if version > self._assignment.version:
            self.reload()
        ours = self.seat is not None and self._assignment.owner(unit).name == self.seat.name
        if not ours or unit.name in self._lost:
            raise Misplaced(f"{unit.name} is not here", hint="look at the newest assignment")

    def reload(self) -> None:
        """Takes note of the newest assignment, and lets go of what is another's now."""
        self._take_note()
        self._settle()

    def _settle(self) -> None:
        """What the newest assignment asks for. What fails is tried again with the next sign of life."""
        version = self._assignment.version
        self._let_go_of_others()
        if not self._waking.acquire(blocking=False):
            return
        try:
            if self._wake_objects() and not self._lost:
                self._settled_at = version
        finally:
            self._waking.release()

    def _take_note(self) -> None:
        with self._lock:
            latest = self._assignments.latest()
            if latest.version > self._assignment.version:
                self._assignment = latest
                self._lost |= {unit.name for unit in self._open_units() if not self._is_ours(unit)}

    def _open_units(self) -> list[Unit]:
        slots = [self._slot_unit(slot) for slot in list(self._slot_locks)]
        return [*slots, *(partition.unit for partition in list(self._partitions.values()))]

    def _let_go_of_others(self) -> None:
        for name, partition in list(self._partitions.items()):
            if name in self._lost:
                self._close(name, partition)
        for slot in list(self._slot_locks):
            if self._slot_unit(slot).name in self._lost:
                self._let_go(slot)

    def _is_ours(self, unit: Unit) -> bool:
        try:
            return self.seat is not None and self._assignment.owner(unit).name == self.seat.name
        except Unavailable:
            return False

    # -- shards of databases ----------------------------------------------------------------------

    def _partition(self, unit: Unit) -> HostedPartition:
        found = self._partitions.get(unit.name)
        if found is not None:
            return found
        version = self._assignment.version
        with self._opening_of(unit):
            found = self._partitions.get(unit.name)
            if found is None:
                background = self.options.sink
                found = open_partition(unit, self._disk, self._around, self.engine, background=background)
                self._partitions[unit.name] = found
        if self._moved_since(version, unit):
            self._close(unit.name, found)
            raise Misplaced(f"{unit.name} was moved meanwhile", hint="look at the newest assignment")
        return found

    def _opening_of(self, unit: Unit) -> threading.Lock:
        with self._lock:
            return self._opening.setdefault(unit.name, threading.Lock())

    def _moved_since(self, version: int, unit: Unit) -> bool:
        """Whether a unit that was being opened meanwhile, so that nobody counted it as open, may have been
        another's. What is not replicated has a lock on its file."""
        return not self._is_ours(unit) or (unit.replicated and self._assignment.version != version)

    def _close(self, name: str, partition: HostedPartition, *, seal: bool = True) -> None:
        with self._lock:
            if self._partitions.get(name) is not partition:
                return
            del self._partitions[name]
            self._lost.discard(name)
        with _closing(name):
            partition.close(seal=seal)

    # -- durable objects --------------------------------------------------------------------------

    def _slot_unit(self, slot: int) -> Unit:
        return slot_unit(slot, self.options)

    def _object_host(self) -> ObjectHost:
        with self._lock:
            if self._objects is None:
                folder = self._disk / "objects-hot"
                around = ObjectSurroundings(
                    folder,
                    self._around.store,
                    self._around.clock,
                    ObjectPolicy(),
                    replicated=self.options.objects == "replicated",
                )
                lake = self._lake()
                self._objects = ObjectHost(
                    around,
                    lake=lake,
                    dispatch=lake.dispatch,
                    guard=lambda _slot: self.check_lease(),
                    owns_all=False,
                )
                self._caretaker = Caretaker(self._objects, background=True)
            return self._objects

    def _own_slot(self, slot: int) -> ObjectHost:
        host = self._object_host()
        if slot in self._slot_locks:
            return host
        version, unit = self._assignment.version, self._slot_unit(slot)
        with self._opening_of(unit):
            if slot not in self._slot_locks:
                lock = UnitLock(self._disk / "objects-hot" / f"{slot:03d}.lock")
                try:
                    host.own(slot)
                except BaseException:
                    lock.release()
                    raise
                self._slot_locks[slot] = lock
        if self._moved_since(version, unit):
            self._let_go(slot)
            raise Misplaced(f"slot {slot} was moved meanwhile", hint="look at the newest assignment")
        return host

    def _let_go(self, slot: int) -> None:
        unit = self._slot_unit(slot)
        with self._lock:
            lock = self._slot_locks.pop(slot, None)
            self._lost.discard(unit.name)
        if lock is not None:
            with _closing(unit.name):
                try:
                    self._object_host().disown(slot)
                finally:
                    lock.release()

    def _wake_objects(self) -> bool:
        """Opens the slots of this seat that hold anything: alarms may be due. Whether all are open now."""
        awake = True
        try:
            used = used_slots(self._around.store)
        except Error as error:
            _log.warning("object shards can't be listed: %s", error.message)
            return False
        for slot in used:
            if slot not in self._slot_locks and self._is_ours(self._slot_unit(slot)):
                try:
                    self._own_slot(slot)
                except Unavailable:
                    awake = False  # such as that its former owner lets go of it first
                except Error as error:
                    _log.warning("object shard %d: %s", slot, error.message)
        return awake

    # -- for operators ----------------------------------------------------------------------------

    def facts(self) -> dict[str, Any]:
        """What `thermocline top` shows of a host."""
        shards = [(p.unit.name, p.shard.meta.epoch, p.facts()) for p in list(self._partitions.values())]
        return {
            "seat": self.seat.name if self.seat else None,
            "node": self.seat.node if self.seat else None,
            "incarnation": self.incarnation,
            "pid": os.getpid(),
            "started": started_at(os.getpid()),
            "calls": len(self._calls),
            "objects": self._objects.resident if self._objects else 0,
            "slots": len(self._slot_locks),
            "shards": shards,
        }


@contextmanager
def _closing(name: str) -> Iterator[None]:
    """What fails when one unit is closed, such as its seal on a full disk, keeps no other from being let go:
    the next owner looks at the file as after a crash."""
    try:
        yield
    except (Error, OSError) as error:
        _log.warning("closing %s: %s", name, error)


def slot_unit(slot: int, options: ClusterOptions) -> Unit:
    return Unit(f"{OBJECTS}/{slot:03d}", replicated=options.objects == "replicated")


def started_at(pid: int) -> float:
    """When the process began, in ticks since the machine's start: with the pid it names one process."""
    with open(f"/proc/{pid}/stat") as stat:
        return float(stat.read().rpartition(")")[2].split()[19])
