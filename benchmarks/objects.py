"""Durable objects: memory, activation, appends over many, and how long an earlier state takes."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import thermocline
from thermocline.core.objects import ObjectCall, ObjectId, pack

from .harness import Line, Scale, duration, rate, within

OBJECTS = 10_000
MANY = 100_000
CALLERS = 64
EVENT = "x" * 1_000


class Log(thermocline.DurableObject):
    """Appends events of a kilobyte."""

    def start(self) -> None:
        self.storage.exec("CREATE TABLE IF NOT EXISTS events (body)")

    def append(self, body: str) -> None:
        self.storage.exec("INSERT INTO events VALUES (?)", body)

    def count(self) -> int:
        return int(self.storage.exec("SELECT count(*) FROM events").one()[0])

    def fill(self, megabytes: int) -> str:
        self.storage.exec(
            "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < ?)"
            " INSERT INTO events SELECT randomblob(1000000) FROM n",
            megabytes,
        )
        return self.storage.bookmark()

    def restore(self, bookmark: str) -> str:
        return self.storage.restore(bookmark)


def measure(scale: Scale, folder: Path) -> Iterator[Line]:
    with thermocline.connect(folder / "objects", background=False) as lake:
        objects: Any = lake.objects()
        host = objects.host
        ids = [lake.object(Log, f"log-{n}").id for n in range(OBJECTS)]
        yield _memory(host, ids)
        yield _batches(host, ids, scale.rounds)
        yield _callers(host, ids)
        yield _activation(host, ids)
        yield _many(lake, host)
    with thermocline.connect(folder / "large", background=False) as lake:
        yield _restore(lake, 1_000 if scale.events >= 10_000_000 else 100)


def _append(identity: ObjectId) -> ObjectCall:
    return ObjectCall(identity, "append", pack(((EVENT,), {}), 10_000, "append"))


def _memory(host: Any, ids: list[ObjectId]) -> Line:
    before = _resident_bytes()
    _batch(host, ids)
    each = (_resident_bytes() - before) / len(ids)
    return Line(
        path=f"memory of a resident object, {len(ids):,} of them",
        ours=f"{each / 1e3:.0f} kB",
        reference="-",
        ratio="-",
        target="<= 150 kB",
        passed=each <= 150_000,
    )


def _batches(host: Any, ids: list[ObjectId], rounds: int) -> Line:
    rates = []
    for _ in range(rounds):
        started = time.perf_counter()
        _batch(host, ids)
        rates.append(len(ids) / (time.perf_counter() - started))
    best = statistics.median(rates)
    return Line(
        path=f"durable 1 KB appends over {len(ids):,} objects, in batches",
        ours=rate(best, "events"),
        reference="-",
        ratio="-",
        target=">= 10 k events/s",
        passed=best >= 10_000,
    )


def _batch(host: Any, ids: list[ObjectId]) -> None:
    for start in range(0, len(ids), 5_000):
        for reply in host.call_many([_append(identity) for identity in ids[start : start + 5_000]]):
            reply.value()


def _callers(host: Any, ids: list[ObjectId]) -> Line:
    def work(number: int) -> None:
        for identity in ids[number::CALLERS]:
            host.call(_append(identity)).value()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CALLERS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = len(ids) / (time.perf_counter() - started)
    return Line(f"the same, {CALLERS} callers, one by one", rate(found, "events"), "-", "-", "-", None)


def _activation(host: Any, ids: list[ObjectId]) -> Line:
    """From out of memory to the reply of a durable append."""
    host.leave_memory(idle_s=0, at_most=0)
    times = []
    for identity in ids[:2_000]:
        started = time.perf_counter()
        host.call(_append(identity)).value()
        times.append(time.perf_counter() - started)
    worst = statistics.quantiles(times, n=100)[98]
    return within("activation and a durable append, p99", worst, at_most=0.005)


def _many(lake: Any, host: Any) -> Line:
    """Each appends durably once; a tenth of them is in memory at a time, and any of them can be asked."""
    ids = [lake.object(Log, f"one-of-many-{n}").id for n in range(MANY)]
    started = time.perf_counter()
    for first in range(0, MANY, OBJECTS):
        _batch(host, ids[first : first + OBJECTS])
        host.leave_memory(idle_s=0, at_most=OBJECTS)
    taken = time.perf_counter() - started
    assert all(lake.object(Log, f"one-of-many-{n}").count() == 1 for n in range(0, MANY, 997))
    path = f"{MANY:,} objects made, each by a durable append"
    return Line(path, rate(MANY / taken, "objects"), "-", "-", "all there", True)


def _restore(lake: Any, megabytes: int) -> Line:
    log = lake.object(Log, "large")
    marks = [log.fill(10) for _ in range(megabytes // 10)]
    times = []
    for mark in (marks[len(marks) // 2], marks[-1], marks[len(marks) // 4]):
        started = time.perf_counter()
        log.restore(mark)
        times.append(time.perf_counter() - started)
    worst = max(times)
    return Line(
        path=f"restore of an object of {megabytes:,} MB, the slowest of three bookmarks",
        ours=duration(worst),
        reference="-",
        ratio="-",
        target="<= 20 s",
        passed=worst <= 20,
    )


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4_096
