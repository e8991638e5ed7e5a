"""Looks after a host's objects: delivers alarms, lets idle objects leave memory, drops expired history.

One thread waits for the next alarm or the next second; the alarms run in a few threads of their own, so that
a slow one keeps no other waiting. Without a thread, `tick` does all of it once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from ...core.clock import now_us
from ...core.errors import Error
from ...core.objects import MOST_RETRIES, Alarm, ObjectCall, ObjectId, pack
from .host import ObjectHost
from .resident import ALARM, ALARM_FAILED

EVERY_S = 1.0
EXPIRE_EVERY_S = 3_600.0
_PAUSE_S = 2.0
"""After a delivery of which not even the failure could be noted."""

_log = logging.getLogger("thermocline.objects")

Key = tuple[bytes, str]


class Caretaker:
    """`background`: has a thread of its own until `close`."""

    def __init__(self, host: ObjectHost, *, background: bool) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._delivering: set[Key] = set()
        self._paused: dict[Key, float] = {}
        self._stop = threading.Event()
        self._workers: ThreadPoolExecutor | None = None
        self._expired_at = time.monotonic()
        self._thread: threading.Thread | None = None
        if background:
            self._thread = threading.Thread(target=self._run, name="thermocline-objects", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Returns when the alarms under way have been delivered."""
        self._stop.set()
        self._host.wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._workers is not None:
            self._workers.shutdown()

    def tick(self) -> int:
        """Does what is due now: alarms, idle objects, expired history. How many alarms were delivered."""
        for slot in self._host.unopened():
            self._host.shard(slot)
        delivered = sum(self._deliver(identity, alarm) for identity, alarm in self._due())
        policy = self._host.policy
        self._host.leave_memory(idle_s=policy.idle_s, at_most=policy.residents)
        self._host.expire()
        return delivered

    def _run(self) -> None:
        for slot in self._host.unopened():  # alarms may be due in slots that nobody has asked for
            if self._stop.is_set():
                return
            self._attempt(partial(self._host.shard, slot))
        while not self._stop.is_set():
            self._host.wake.wait(self._wait_s())
            self._host.wake.clear()
            self._attempt(self._pass)

    def _attempt(self, work: Callable[[], object]) -> None:
        """A full disk must not end the caretaking for good: the next pass tries again."""
        try:
            work()
        except Error as error:
            _log.warning("%s (%s)", error.message, error.hint)

    def _pass(self) -> None:
        if self._stop.is_set():
            return
        for identity, alarm in self._due():
            self._submit(identity, alarm)
        policy = self._host.policy
        self._host.leave_memory(idle_s=policy.idle_s, at_most=policy.residents)
        if time.monotonic() - self._expired_at > EXPIRE_EVERY_S:
            self._expired_at = time.monotonic()
            self._host.expire()

    def _wait_s(self) -> float:
        due = self._host.next_due()
        if due is None:
            return EVERY_S
        return min(max((due - now_us(self._host.clock)) / 1e6, 0.01), EVERY_S)

    def _due(self) -> list[tuple[ObjectId, Alarm]]:
        now = time.monotonic()
        with self._lock:
            self._paused = {key: until for key, until in self._paused.items() if until > now}
            busy = self._delivering | self._paused.keys()
        found = self._host.due_alarms()
        return [(identity, alarm) for identity, alarm in found if (identity.digest, alarm.name) not in busy]

    def _submit(self, identity: ObjectId, alarm: Alarm) -> None:
        if self._workers is None:
            self._workers = ThreadPoolExecutor(
                self._host.policy.alarm_workers, thread_name_prefix="thermocline-alarm"
            )
        key = (identity.digest, alarm.name)
        with self._lock:
            self._delivering.add(key)

        def done(_: Future[bool]) -> None:
            with self._lock:
                self._delivering.discard(key)
            self._host.wake.set()

        self._workers.submit(self._deliver, identity, alarm).add_done_callback(done)

    def _deliver(self, identity: ObjectId, alarm: Alarm) -> bool:
        """Once; if it fails, that is noted in the same place as the alarm. True if it went well."""
        reply = self._send(identity, ALARM, alarm)
        if reply is None:
            return True
        again = self._send(identity, ALARM_FAILED, alarm, reply)
        if again is not None:
            with self._lock:
                self._paused[identity.digest, alarm.name] = time.monotonic() + _PAUSE_S
        elif alarm.tries >= MOST_RETRIES:
            _log.error("%s: alarm `%s` was given up: %s", identity, alarm.name, reply)
        return False

    def _send(self, identity: ObjectId, method: str, *args: object) -> str | None:
        """`None` if it went well, else what it failed with."""
        body = pack((args, {}), self._host.policy.message_bytes, method)
        try:
            self._host.call(ObjectCall(identity, method, body)).value()
        except Exception as error:  # noqa: BLE001 - whatever user code raises
            return f"{type(error).__name__}: {error}"
        return None
