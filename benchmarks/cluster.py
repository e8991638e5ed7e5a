"""On Ray: what a call costs over a bare actor's, takeovers, and four shards on two hosts against one on one.

All on this machine: nodes are processes of Ray's own test cluster, so a message between two of them is cheap,
and a second host brings no cores.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import thermocline
from thermocline.actors.cluster.options import ClusterOptions

from . import data
from .harness import Line, Scale, faster, in_turns, seconds, slower, within

CALLS = 500
DEATHS = 40
FREEZES = 8
NODES = 5
SPARE_S = 3.0
"""Between two blows: the process that took over left no spare behind, and another one starts."""
WRITERS = 4
BATCH = 1_000
BATCHES = 10


class Counter(thermocline.DurableObject):
    """Counts durably."""

    def start(self) -> None:
        self.storage.exec("CREATE TABLE IF NOT EXISTS counted (n INTEGER)")

    def greet(self, name: str) -> str:
        return name

    def pid(self) -> int:
        return os.getpid()

    def count(self) -> int:
        self.storage.exec("INSERT INTO counted VALUES (1)")
        return int(self.storage.exec("SELECT count(*) FROM counted").one()[0])


class Bare:
    def greet(self, name: str) -> str:
        return name


def measure(scale: Scale, folder: Path) -> Iterator[Line]:
    with thermocline.connect(folder / "calls", runtime="ray", cluster=ClusterOptions(seats=1)) as lake:
        yield _calls(lake, scale.rounds)
        stub = lake.object(Counter, "struck")
        yield _takeover(
            stub, "process death", lambda: os.kill(stub.pid(), signal.SIGKILL), DEATHS, at_most=1.5
        )
        yield _takeover(
            stub, "frozen owner", lambda: os.kill(stub.pid(), signal.SIGSTOP), FREEZES, at_most=10
        )
    yield from _node_deaths(folder / "nodes")
    yield _spread(scale.rounds, folder)


def _calls(lake: Any, rounds: int) -> Line:
    import ray

    stub = lake.object(Counter, "ping")
    bare: Any = ray.remote(Bare).options(num_cpus=0, max_concurrency=64).remote()

    def ours() -> None:
        for _ in range(CALLS):
            stub.greet("ann")

    def direct() -> None:
        for _ in range(CALLS):
            ray.get(bare.greet.remote("ann"))

    for warm in (ours, direct):
        warm()
    pair = in_turns(ours, direct, rounds)
    ray.kill(bare)
    return slower(f"{CALLS} calls of an object through Ray, against a bare actor's", pair, at_most=1.3)


def _takeover(stub: Any, what: str, strike: Callable[[], object], times: int, *, at_most: float) -> Line:
    """From the blow to the answer of the next call, whose effect is durable and there once."""
    taken = []
    counted = stub.count()
    for _ in range(times):
        time.sleep(SPARE_S)
        strike()
        taken.append(seconds(stub.count))
        counted += 2
        assert stub.count() == counted
    slowest = sorted(taken)[-(1 + times // 100)]
    return within(f"takeover after {what}, p99 of {times}", slowest, at_most=at_most)


def _node_deaths(folder: Path) -> Iterator[Line]:
    """The object store is all that the two nodes share."""
    import ray

    from thermocline.actors.cluster.lake import RayLake
    from thermocline.actors.cluster.options import LakePlace
    from thermocline.actors.cluster.processes import start_keeper
    from thermocline.core.clock import system_clock
    from thermocline.core.policy import TierPolicy
    from thermocline.torture.nodes import FAR, Nodes

    nodes = Nodes()
    try:
        folder.mkdir()
        catalog = {"type": "sql", "uri": f"sqlite:///{folder}/catalog.sqlite"}
        place = LakePlace(str(folder / "objects"), str(folder / "disks" / "{node}"), catalog)
        options = ClusterOptions(objects="replicated", sink=False)
        keeper = start_keeper(place, options, TierPolicy(), system_clock, None, detached=False)
        with RayLake(keeper, place, options, TierPolicy()) as lake:
            stubs = (lake.object(Counter, f"struck-{number}") for number in itertools.count())
            stub = next(stub for stub in stubs if stub.pid() in nodes.workers(FAR))

            def strike() -> None:
                if nodes.raylet_ends(0):
                    nodes.end_far()
                    nodes.start_far()
                deadline = time.monotonic() + 60
                while stub.pid() not in nodes.workers(FAR) and time.monotonic() < deadline:
                    time.sleep(0.2)
                for pid in (nodes.raylet(FAR), *nodes.workers(FAR)):
                    os.kill(pid, signal.SIGKILL)

            yield _takeover(stub, "node death", strike, NODES, at_most=6)
        ray.get(keeper.stop.remote())
        ray.kill(keeper)
    finally:
        nodes.close()


def _spread(rounds: int, folder: Path) -> Line:
    """Threads of one process append batches whose keys lie in all shards."""
    with (
        _written(folder / "one", seats=1, shards=1) as one,
        _written(folder / "four", seats=2, shards=4) as four,
    ):
        pair = in_turns(four, one, rounds)
    events = WRITERS * BATCHES * BATCH
    return faster(
        "appends to 4 shards on 2 hosts, against 1 shard on 1", pair, work=events, unit="events", at_least=1.5
    )


@contextmanager
def _written(folder: Path, *, seats: int, shards: int) -> Iterator[Callable[[], None]]:
    with thermocline.connect(folder, runtime="ray", cluster=ClusterOptions(seats=seats, sink=False)) as lake:
        lake.create_database("acme", shards=shards, key="session" if shards > 1 else None)
        rows = data.events(BATCH).drop_columns(["_id", "_stream"])
        shop = lake.database("acme")
        shop.append("events", rows)

        def write() -> None:
            for _ in range(BATCHES):
                shop.append("events", rows)

        def all_write() -> None:
            threads = [threading.Thread(target=write) for _ in range(WRITERS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        yield all_write
