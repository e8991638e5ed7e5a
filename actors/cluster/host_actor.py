"""A host as a Ray actor: one process, which fills a seat or stands by as a spare.

Replies are pairs (did it go well, value or error), so that errors cross with their own type.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

from ...core.clock import Clock
from ...core.placement import Seat, Unit
from ...core.policy import TierPolicy
from .classes import learn
from .host import ShardHost, started_at
from .options import ClusterOptions, LakePlace
from .replies import Reply, reply


class HostActor:
    def __init__(
        self, place: LakePlace, options: ClusterOptions, policy: TierPolicy, clock: Clock, node: str
    ) -> None:
        def lake() -> Any:
            from .lake import inside_lake

            return inside_lake(place, options, policy, clock, self._host)

        prepare(options)
        self._forever = threading.Event()
        self._host = ShardHost(
            place,
            options,
            node,
            clock=clock,
            entropy=os.urandom,
            policy=policy,
            lake=lake,
            learn=learn,
            die=_die,
        )

    def ready(self) -> tuple[int, float, Seat | None, int]:
        """Pid and when it started; its seat and incarnation, if it has one."""
        return os.getpid(), started_at(os.getpid()), self._host.seat, self._host.incarnation

    def take(self, seat: Seat, incarnation: int) -> None:
        self._host.take(seat, incarnation)

    def watch(self, started: float) -> None:
        """Never returns in the process that began then: whoever waits for it learns of its death."""
        if started_at(os.getpid()) == started:
            self._forever.wait()

    def call(
        self, version: int, unit: Unit, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Reply:
        return reply(lambda: self._host.call(version, unit, method, args, kwargs))

    def call_object(self, version: int, message: bytes) -> bytes:
        """An `ObjectCall` and its reply as bytes: Ray's own pickling of small values was measured slower."""
        return pickle.dumps(reply(lambda: self._host.call_object(version, pickle.loads(message))), 5)

    def objects(self, version: int, method: str, args: tuple[Any, ...], slot: int) -> Reply:
        return reply(lambda: self._host.objects(version, method, args, slot))

    def reload(self) -> None:
        self._host.reload()

    def facts(self) -> dict[str, Any]:
        return self._host.facts()

    def kill(self, pid: int, started: float) -> None:
        """Ends a process of this machine, if it is still the one that is meant."""
        try:
            if started_at(pid) == started:
                os.kill(pid, signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            pass

    def stop(self) -> None:
        self._host.stop()


def prepare(options: ClusterOptions) -> None:
    """The first thing that a process of the cluster does."""
    if options.prepare is not None:
        options.prepare()


def _die(reason: str) -> None:
    print(f"thermocline: this host ends itself: {reason}", file=sys.stderr, flush=True)
    os._exit(1)
