"""What goes wrong inside a cluster's own processes, as a folder says; and ways to be wrong on purpose.

    weather           the object store is slow or fails, in every process
    armed/<point>     the next process that comes to this instant (tiers/crash.py) dies, or stands still
    caught/<pid>      that it did
    written/<pid>     what owners have shown: unit, sequence, epoch

It is installed by `ClusterOptions.prepare`, before a process does anything.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from ..actors.cluster.host import ShardHost
from ..actors.cluster.unit_lock import UnitLock
from ..actors.objects.resident import Resident
from ..core.errors import Unavailable
from ..tiers import crash
from ..tiers.hot.admit import Admission
from ..tiers.hot.log import HotLog
from ..tiers.hot.replica import Replica
from ..tiers.hot.slots import Slots
from ..tiers.local_objects import LocalObjects
from ..tiers.objects.records import ObjectRecords
from ..tiers.objects.shard import ObjectShard
from ..tiers.shard import Shard
from .check import Written

STORE_CALLS = ("put", "get", "get_range", "size", "list", "delete")
BROKEN = ("fence", "deduplication")
KILL, STOP = signal.SIGKILL, signal.SIGSTOP


@dataclass(frozen=True, slots=True)
class Weather:
    """Of the object store. `failing`: the share of calls that fail, half of them after they were done."""

    slow_s: float = 0.0
    failing: float = 0.0


@dataclass(frozen=True)
class Sabotage:
    """`folder`: on this machine, of one lake. `without`: the part that is left out, of `BROKEN`."""

    folder: Path
    without: str | None = None

    def __call__(self) -> None:
        """Installs it in this process."""
        for name in ("armed", "caught", "written"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        _Weathered(self.folder / "weather").install()
        crash.on_reach = self._reached
        self._witness()
        if self.without == "fence":
            _without_fence()
        elif self.without == "deduplication":
            _without_deduplication()

    # -- from outside -----------------------------------------------------------------------------

    @contextmanager
    def weather(self, weather: Weather) -> Iterator[None]:
        file = self.folder / "weather"
        part = file.with_suffix(".part")
        part.write_bytes(orjson.dumps(asdict(weather)))
        part.rename(file)
        try:
            yield
        finally:
            file.unlink()

    @contextmanager
    def armed(self, point: str, sign: int, pid: int = 0) -> Iterator[Callable[[float], int | None]]:
        """`pid`: if it is to be that one. The function waits until a process came there: its pid. If it is to
        stand still, it does so by then, and no longer than in here."""
        trap = self.folder / "armed" / point
        part = self.folder / f"{point}.part"
        part.write_text(f"{int(sign)} {pid}")
        part.rename(trap)
        caught = self.folder / "caught" / point
        caught.unlink(missing_ok=True)

        def wait(within_s: float) -> int | None:
            deadline = time.monotonic() + within_s
            while time.monotonic() < deadline:
                if caught.exists() and (text := caught.read_text()):
                    if sign == STOP:
                        _wait_until_still(int(text))
                    return int(text)
                time.sleep(0.005)
            return None

        try:
            yield wait
        finally:
            try:
                trap.unlink()
            except FileNotFoundError:
                # Somebody is in it, perhaps only since nobody waits any more.
                if sign == STOP and (late := wait(5.0)):
                    with suppress(ProcessLookupError):
                        os.kill(late, signal.SIGCONT)

    def written(self) -> list[Written]:
        lines = [line for file in (self.folder / "written").iterdir() for line in file.open("rb")]
        return [Written(*orjson.loads(line)) for line in lines if line.endswith(b"\n")]

    # -- inside -----------------------------------------------------------------------------------

    def _reached(self, point: str) -> None:
        trap = self.folder / "armed" / point
        if not os.path.exists(trap):
            return
        with suppress(FileNotFoundError):
            sign, pid = map(int, trap.read_text().split())
            if pid not in (0, os.getpid()):
                return
            trap.unlink()
            (self.folder / "caught" / point).write_text(str(os.getpid()))
            os.kill(os.getpid(), sign)

    def _witness(self) -> None:
        file = os.open(
            self.folder / "written" / str(os.getpid()), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644
        )

        def tell(unit: str, seq: int, epoch: int) -> None:
            os.write(file, orjson.dumps([unit, seq, epoch]) + b"\n")

        commit_rows, commit_turns = Shard._commit, ObjectShard._commit

        def rows(self: Shard, operations: Sequence[Any]) -> Any:
            before = self.meta.seq
            outcomes = commit_rows(self, operations)
            if self.meta.seq != before:
                tell(f"db/{self.database}/{self.name}", self.meta.seq, self.meta.epoch)
            return outcomes

        def turns(self: ObjectShard, commits: Sequence[Any]) -> Any:
            outcomes = commit_turns(self, commits)
            for commit, outcome in zip(commits, outcomes, strict=True):
                if outcome is None and commit.seq != commit.base_seq:
                    tell(f"object/{commit.object.id.name}", commit.seq, self.epoch)
            return outcomes

        _replace(Shard, "_commit", rows)
        _replace(ObjectShard, "_commit", turns)


class _Weathered:
    """Around every call of the object store in this process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = 0
        self._weather = Weather()
        self._rng = random.Random(os.getpid())

    def install(self) -> None:
        for name in STORE_CALLS:
            _replace(LocalObjects, name, self._around(getattr(LocalObjects, name)))

    def _around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def weathered(store: LocalObjects, *args: Any, **kwargs: Any) -> Any:
            weather = self._now()
            if weather.slow_s:
                time.sleep(weather.slow_s * 2 * self._rng.random())
            failing = self._rng.random() < weather.failing
            if failing and self._rng.random() < 0.5:
                raise Unavailable("the object store does not answer", hint="this is a trial")
            value = call(store, *args, **kwargs)
            if failing:
                raise Unavailable("the object store's reply was lost", hint="this is a trial")
            return value

        return weathered

    def _now(self) -> Weather:
        try:
            changed = self._file.stat().st_mtime_ns
            if changed != self._seen:
                self._weather = Weather(**orjson.loads(self._file.read_bytes()))
                self._seen = changed
        except FileNotFoundError:
            self._seen, self._weather = 0, Weather()
        return self._weather


def _wait_until_still(pid: int) -> None:
    """It says that it was caught before it stops itself: to wake it in between would be in vain."""
    deadline = time.monotonic() + 5.0
    with suppress(OSError):
        while time.monotonic() < deadline:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "TZX":
                return
            time.sleep(0.001)


def _without_fence() -> None:
    """Whoever once owned a file goes on writing."""

    def mark(self: Replica) -> None:
        self._db.execute("UPDATE _replica SET slot = ?, epoch = ?", (self._slot + 1, self.epoch))
        self.unshown = self._unread = True

    def put(self: Slots, number: int, body: bytes) -> None:
        self._store.put(self.key(number), body)

    def lock(self: UnitLock, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)

    for owner, name in (
        (HotLog, "_check_owner"),
        (ObjectRecords, "check_owner"),
        (Shard, "check_fence"),
        (ShardHost, "check_lease"),
    ):
        _replace(owner, name, lambda *_: None)
    _replace(Replica, "mark", mark)
    _replace(Slots, "put", put)
    _replace(UnitLock, "__init__", lock)


def _without_deduplication() -> None:
    """What is sent again happens again."""
    append = Shard.append

    def again(self: Shard, operations: Sequence[Any], *, once: str | None = None) -> Any:  # noqa: ARG001
        return append(self, operations)

    _replace(Shard, "append", again)
    _replace(Admission, "_without_duplicates", lambda *_: None)
    _replace(Resident, "_kept", lambda *_: None)


def _replace(owner: type, name: str, by: Any) -> None:
    assert hasattr(owner, name), f"{owner} has no {name} any more"
    setattr(owner, name, by)
