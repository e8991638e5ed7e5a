"""The pipeline of a database: when its events sink, and what came of that.

    append --> wake --> alarm --> a pass over all shards --> alarm, when something will be due again
    nothing hot, nothing warm: no alarm, and nothing is written until the next append

A pass runs aside, so that no turn takes as long as an archive does. What it fails with is tried again.
"""

from __future__ import annotations

import time
from typing import Any

from ...core.clock import SECOND_US, from_micros, iso, now_us
from ...core.errors import Error
from ...core.objects import AlarmInfo
from ...core.owners import PartitionFacts
from ...core.results import Moved
from ..objects.base import DurableObject, concurrent
from .aside import is_aside, start_aside

WATCH_S = 600.0
"""A pass of which nothing was heard for so long is taken for dead."""

EXPIRE_EVERY_S = 600.0
"""Looking for expired files lists folders, so it is done more rarely than the rest."""


class PipelineDO(DurableObject):
    """Its name is the database's."""

    def wake(self) -> bool:
        """Something was appended: there is a pass soon. False if that was known, or it is paused."""
        if self.storage.get("paused", False):
            return False
        soon = now_us(self.ctx.clock) + int(self.ctx.lake.policy.every_s * SECOND_US)
        alarm = self.storage.alarms().get("tick")
        if alarm is not None and not alarm.failed and alarm.due_us <= soon:
            return False
        self.storage.set_alarm("tick", from_micros(soon))
        return True

    def pause(self) -> None:
        """Nothing sinks by itself until `resume`; steps called by name still do."""
        self.storage.put("paused", True)
        self.storage.delete_alarm("watch")
        self.storage.delete_alarm("tick")

    def resume(self) -> None:
        self.storage.put("paused", False)
        self.wake()

    def run(self) -> None:
        """Starts a pass now; nothing happens if one is under way."""
        self._start(expire=True)

    def alarm(self, name: str, info: AlarmInfo) -> None:  # noqa: ARG002
        if self.ctx.lake.background and not self.storage.get("paused", False):
            # If the pass dies with its process, there is another one.
            self.storage.set_alarm("watch", WATCH_S)
            expired_us = self.storage.get("expired_us", 0)
            self._start(expire=now_us(self.ctx.clock) - expired_us >= EXPIRE_EVERY_S * SECOND_US)

    def passed(self, outcome: dict[str, Any]) -> None:
        """Called by the pass. `outcome`: at_us, seconds, moved, expired, again_us, problem."""
        now = now_us(self.ctx.clock)
        every_us = int(self.ctx.lake.policy.every_s * SECOND_US)
        self.storage.put("last", outcome)
        if outcome["expired"]:
            self.storage.put("expired_us", now)
        self.storage.put("moved", self.storage.get("moved", Moved()) + outcome["moved"])
        self.storage.delete_alarm("watch")
        again = now + every_us if outcome["problem"] else outcome["again_us"]
        alarm = self.storage.alarms().get("tick")
        known = alarm is not None and not alarm.failed and alarm.due_us <= (again or 0)
        if again is not None and not known and not self.storage.get("paused", False):
            self.storage.set_alarm("tick", from_micros(max(again, now + every_us)))

    def state(self) -> dict[str, Any]:
        """paused, running, next and last pass, what it moved, and the problem it had."""
        last = self.storage.get("last", {})
        due = self.storage.get_alarm("tick")
        moved: Moved = self.storage.get("moved", Moved())
        return {
            "paused": self.storage.get("paused", False),
            "running": is_aside(self.ctx.lake, self._work),
            "next": due.isoformat() if due else None,
            "last": iso(last["at_us"]) if last else None,
            "seconds": last.get("seconds"),
            "rows_moved": moved.rows,
            "files_written": moved.files,
            "problem": last.get("problem"),
        }

    @concurrent
    def lag(self) -> list[dict[str, Any]]:
        """Of each table and shard: what lies above each watermark, and for how long."""
        now = now_us(self.ctx.clock)
        facts = self._database().shards.each(lambda shard: shard.facts())
        return [row for part in facts for row in lag_rows(part, now)]

    def _start(self, *, expire: bool) -> None:
        lake, name = self.ctx.lake, str(self.ctx.id.name)
        me = lake.object(PipelineDO, name)
        start_aside(lake, self._work, lambda: me.passed(run_pass(lake, name, expire)))

    def _database(self) -> Any:
        return self.ctx.database(str(self.ctx.id.name))

    @property
    def _work(self) -> str:
        return f"pipeline-{self.ctx.id.name}"


def run_pass(lake: Any, name: str, expire: bool) -> dict[str, Any]:
    """One pass over all shards of a database; its error is in what it returns."""
    began, now = time.monotonic(), now_us(lake.clock)
    outcome: dict[str, Any] = {"at_us": now, "moved": Moved(), "expired": expire, "problem": None}
    problem: Error | None = None
    again: list[int] = []
    try:
        database = lake.database(name)
        for shard in database.shards.all():
            if lake.closing:
                break
            due = shard.tick()
            outcome["moved"] += due.moved
            for table, up_to in due.archives:
                outcome["moved"] += database.steps.within(shard, "archive", table, up_to)
            if due.again_us is not None:
                again.append(due.again_us)
            if expire:
                for table in shard.table_names():
                    database.steps.within(shard, "expire", table)
                shard.expire_dropped()
    except Error as error:
        # A full disk must not end the sinking for good: the next pass tries again.
        problem = error
        outcome["problem"] = f"{error.message} ({error.hint})"
    lake.report(name, problem)
    return outcome | {"seconds": time.monotonic() - began, "again_us": min(again, default=None)}


def lag_rows(facts: PartitionFacts, now: int) -> list[dict[str, Any]]:
    """One row for each table of a shard; ages in seconds."""

    def age(since: int | None) -> float | None:
        return None if since is None else (now - since) / SECOND_US

    return [
        {
            "table": table.table,
            "shard": facts.shard,
            "seq": facts.seq,
            "warm_to": table.warm_to,
            "cold_to": table.cold_to,
            "hot_rows": table.hot_rows,
            "hot_age_s": age(table.hot_since_us),
            "warm_rows": table.warm_rows,
            "warm_age_s": age(table.warm_since_us),
            "cold_rows": table.cold_rows,
        }
        for table in facts.tables
    ]


class Pipeline:
    """`db.pipeline()`: what its object tells and takes."""

    def __init__(self, stub: Any) -> None:
        self._stub = stub

    def state(self) -> dict[str, Any]:
        """paused, running, next, last, seconds, rows_moved, files_written, problem."""
        found: dict[str, Any] = self._stub.state()
        return found

    def lag(self) -> list[dict[str, Any]]:
        """Of each table and shard: watermarks, rows above each, and how long the oldest has been there."""
        found: list[dict[str, Any]] = self._stub.lag()
        return found

    def pause(self) -> None:
        """Nothing sinks by itself until `resume()`."""
        self._stub.pause()

    def resume(self) -> None:
        self._stub.resume()

    def run(self) -> None:
        """Starts a pass now, and does not wait for it."""
        self._stub.run()
