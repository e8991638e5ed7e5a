"""Trials of a cluster: many short schedules on one lake after the other, a few of them side by side.

A schedule is a seed: a database of its own, clients that append, go on in streams, change durable objects and
read, one or two faults at drawn moments; then everything settles and is checked. The faults of those that
run beside it hit it too. Each lake takes `A_LAKE` schedules, every other lake replicates its objects; the
nodes serve all of them.
"""

from __future__ import annotations

import logging
import queue
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..core.errors import Error, Unavailable
from ..core.policy import TierPolicy
from .check import problems, stale_writes
from .history import Attempt
from .sabotage import Sabotage
from .trial import Trial
from .workload import Load, look, run

if TYPE_CHECKING:
    from .faults import Arena, Fault, Target
    from .nodes import Nodes

_log = logging.getLogger("thermocline.torture")
T = TypeVar("T")

A_LAKE = 50
BESIDE = 4
LEASE_S = 2.0
SETTLE_S = 90.0
"""How long after its faults a lake may take until it answers everything again."""
LARGE_EVERY = 5
"""Of so many schedules, one takes a node, a disk or the control store away."""


def trials(seeds: Iterable[int], without: str | None = None) -> Iterator[Trial]:
    """`without`: the part of the guarantees that is left out, of `sabotage.BROKEN`. Raises `Unavailable`
    without Ray."""
    try:
        import ray  # noqa: F401
    except ImportError:
        raise Unavailable("Ray is not installed", hint="pip install 'thermocline[ray]'") from None
    from .nodes import Nodes

    nodes = Nodes()
    try:
        for number, batch in groupby(seeds, lambda seed: seed // A_LAKE):
            with _arena(nodes, "replicated" if number % 2 == 0 else "local", without) as arena:
                yield from _side_by_side(arena, list(batch))
    finally:
        nodes.close()


def faults_of(seed: int) -> list[str]:
    """Their names, each once; the first is the one that the seed is about."""
    return list(dict.fromkeys(fault.__name__.replace("_", " ") for fault in _drawn(seed)))


def _drawn(seed: int) -> list[Fault]:
    """The kinds take turns, so that every run has all of them; a second one is drawn for some."""
    from .faults import LARGE, SMALL

    rng = random.Random(f"{seed}/faults")
    turn, rest = divmod(seed, LARGE_EVERY)
    first = LARGE[turn % len(LARGE)] if rest == LARGE_EVERY - 1 else SMALL[(seed - turn) % len(SMALL)]
    return [first, *rng.sample(SMALL, rng.randint(0, 1))]


@contextmanager
def _arena(nodes: Nodes, objects: str, without: str | None) -> Iterator[Arena]:
    import ray

    from ..actors.cluster.lake import RayLake
    from ..actors.cluster.options import ClusterOptions, LakePlace
    from ..actors.cluster.processes import start_keeper
    from ..core.clock import system_clock
    from .faults import Arena

    with tempfile.TemporaryDirectory(prefix="thermocline-torture-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        sabotage = Sabotage(folder / "sabotage", without)
        options = ClusterOptions(
            seats=2,
            lease_s=LEASE_S,
            call_s=10.0,
            threads=32,
            sink=False,
            objects=objects,
            prepare=sabotage,
        )
        catalog = {"type": "sql", "uri": f"sqlite:///{folder}/catalog.sqlite"}
        place = LakePlace(str(folder / "objects"), str(folder / "disks" / "{node}"), catalog)
        policy = TierPolicy()
        keeper = start_keeper(place, options, policy, system_clock, None, detached=False)
        lake = RayLake(keeper, place, options, policy)
        try:
            yield Arena(nodes, lake, folder / "disks", sabotage, LEASE_S)
        finally:
            lake.close()
            with suppress(ray.exceptions.RayError):
                ray.get(keeper.stop.remote(), timeout=SETTLE_S)
            ray.kill(keeper)


def _side_by_side(arena: Arena, seeds: list[int]) -> Iterator[Trial]:
    done: queue.SimpleQueue[Trial | BaseException] = queue.SimpleQueue()

    def one(seed: int) -> None:
        try:
            done.put(_schedule(arena, seed))
        except BaseException as error:  # noqa: BLE001 - raised where the trials are waited for
            done.put(error)

    with ThreadPoolExecutor(BESIDE, thread_name_prefix="thermocline-torture") as pool:
        for seed in seeds:
            pool.submit(one, seed)
        try:
            for _ in seeds:
                trial = done.get()
                if isinstance(trial, BaseException):
                    raise trial
                yield trial
        finally:
            arena.over.set()
            pool.shutdown(cancel_futures=True)


def _schedule(arena: Arena, seed: int) -> Trial:
    from .faults import Target, disk_lost

    rng = random.Random(seed)
    began = time.monotonic()
    faults = _drawn(seed)
    replicated = disk_lost in faults or rng.random() < 0.5
    load = Load(
        f"seed-{seed}",
        clients=rng.randint(2, 3),
        operations=rng.randint(12, 24),
        patience_s=SETTLE_S,
        pause_s=0.08,
        reads=True,
        steps=True,
    )
    history: list[Attempt] = []
    told: list[str] = []
    try:
        _played(arena, Target(arena, load, replicated, rng, history.append), faults, seed)
        found = _until_it_answers(arena, lambda: look(arena.lake, load, history))
        told += problems(history, found)
        _until_it_answers(arena, lambda: arena.lake.database(load.database).verify())
    except Exception as error:  # noqa: BLE001 - whatever a client did not expect is a broken promise
        _log.debug("seed %d", seed, exc_info=True)
        told.append(f"{type(error).__name__}: {error}")
    own = {f"db/{load.database}/shard-0", *(f"object/{load.database}/{a.key}" for a in history)}
    told += stale_writes(one for one in arena.sabotage.written() if one.unit in own)
    acknowledged = sum(attempt.told == "yes" for attempt in history)
    return Trial(seed, " + ".join(faults_of(seed)), acknowledged, time.monotonic() - began, tuple(told))


def _played(arena: Arena, target: Target, faults: list[Fault], seed: int) -> None:
    """The load with its faults; returns when all of both has ended."""
    failures: list[BaseException] = []

    def happen(number: int, fault: Fault) -> None:
        rng = random.Random(f"{seed}/fault-{number}")
        time.sleep(rng.uniform(0.05, 1.2))
        try:
            fault(replace(target, rng=rng))
        except BaseException as error:  # noqa: BLE001 - raised by the thread that waits
            failures.append(error)

    durability = "replicated" if target.replicated else "local"
    _until_it_answers(arena, lambda: arena.lake.create_database(target.load.database, durability=durability))
    threads = [threading.Thread(target=happen, args=numbered) for numbered in enumerate(faults)]
    for thread in threads:
        thread.start()
    try:
        run(arena.lake, target.load, seed, target.tell, arena.over)
    finally:
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


def _until_it_answers(arena: Arena, ask: Callable[[], T]) -> T:
    deadline = time.monotonic() + SETTLE_S
    while True:
        try:
            return ask()
        except Error as error:
            if not error.retryable or time.monotonic() > deadline or arena.over.is_set():
                raise
        time.sleep(0.1)
