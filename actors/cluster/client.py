"""The way from a caller to the owner of a unit, across deaths, moves and takeovers.

assignment (cached) --> seat --> its process --> reply
dead, frozen, moved? --> look at the directory again --> the same call, under the same name

Every call can be sent again: appends carry a name under which they are done once, the others repeat without
harm. A frozen host never answers; its successor shows up in the directory under a higher incarnation.
"""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayError, RayTaskError

from ...core.errors import Error, Fenced, Unavailable
from ...core.objects import ObjectCall, ObjectReply
from ...core.placement import Assignment, Misplaced, Seat, Unit
from .options import ClusterOptions
from .processes import Directory

LOOK_AGAIN_S = 0.5
"""How long a call may be silent before its host's seat is looked up again."""
PAUSE_S = 0.03

Send = Callable[[Any, int], Any]
"""(the host's handle, version of the assignment) -> the reply to come"""


class ClusterClient:
    """Safe to use from many threads. `here`: the host of this process, asked without a message."""

    def __init__(self, keeper: Any, options: ClusterOptions, here: Any = None) -> None:
        self._keeper = keeper
        self._options = options
        self._here = here
        self._lock = threading.Lock()
        self._directory = Directory(Assignment(), {})
        self._seen_at = 0.0

    @property
    def assignment(self) -> Assignment:
        return self._directory.assignment

    def refresh(self) -> None:
        """Looks at the directory again, but not all the time; what is known stays if it is silent."""
        asked_at = time.monotonic()
        with self._lock:
            if self._seen_at > asked_at - PAUSE_S:
                return
            try:
                self._directory = ray.get(self._keeper.directory.remote(), timeout=2.0)
                self._seen_at = time.monotonic()
            except RayError:
                pass  # the keeper is being restarted; hosts answer without it

    def call(self, unit: Unit, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """What the unit's method returns; raises what it raises, or `Unavailable` in the end."""
        return self._deliver(
            unit,
            lambda handle, version: handle.call.remote(version, unit, method, args, kwargs),
            lambda host, version: host.call(version, unit, method, args, kwargs),
        )

    def keeper(self, method: str, *args: Any) -> Any:
        """What the keeper's method returns; while it is being restarted, it is asked again."""
        deadline = time.monotonic() + self._options.call_s
        while True:
            try:
                return ray.get(getattr(self._keeper, method).remote(*args), timeout=self._options.call_s)
            except RayTaskError as error:
                raise error.cause if isinstance(error.cause, Error) else error from None
            except RayError as error:
                if time.monotonic() > deadline:
                    raise Unavailable(f"the keeper does not answer: {error}", hint="ask again") from error
            time.sleep(PAUSE_S)

    def tell(self, unit: Unit, method: str, *args: Any) -> None:
        """A call whose reply nobody waits for, and that may be lost."""
        try:
            seat = self.assignment.owner(unit)
            handle, _ = self._directory.seats[seat.name]
        except (Unavailable, KeyError):
            return
        handle.call.remote(self.assignment.version, unit, method, args, {})

    def call_object(self, unit: Unit, message: ObjectCall) -> ObjectReply:
        packed = pickle.dumps(message, 5)
        reply: ObjectReply = self._deliver(
            unit,
            lambda handle, version: handle.call_object.remote(version, packed),
            lambda host, version: host.call_object(version, message),
        )
        return reply

    def at(self, unit: Unit, slot: int, method: str, *args: Any) -> Any:
        """A call of the object host that owns the slot."""
        return self._deliver(
            unit,
            lambda handle, version: handle.objects.remote(version, method, args, slot),
            lambda host, version: host.objects(version, method, args, slot),
        )

    def _deliver(self, unit: Unit, send: Send, directly: Send) -> Any:
        deadline = time.monotonic() + self._options.call_s
        problem: BaseException | None = None
        while True:
            try:
                seat = self._seat(unit)
                if self._here is not None and self._here.seat == seat:
                    return directly(self._here, self.assignment.version)
                return self._ask(unit, seat, send, deadline)
            except (Misplaced, Fenced) as error:
                problem = error
            except RayTaskError:
                raise
            except RayError as error:
                problem = error
            if time.monotonic() > deadline:
                break
            self._seen_at = 0.0
            self.refresh()
            time.sleep(PAUSE_S)
        raise Unavailable(
            f"{unit.name} did not answer for {self._options.call_s:g} s: {problem}",
            hint="ask again; `thermocline top` shows the hosts",
        ) from problem

    def _seat(self, unit: Unit) -> Seat:
        """Raises `Unavailable` if nobody may own the unit now: its node is down, its region has none."""
        try:
            return self.assignment.owner(unit)
        except Unavailable:
            self._seen_at = 0.0
            self.refresh()
            return self.assignment.owner(unit)

    def _ask(self, unit: Unit, seat: Seat, send: Send, deadline: float) -> Any:
        found = self._directory.seats.get(seat.name)
        if found is None:
            raise _Gone(f"nobody fills {seat.name} just now")
        handle, incarnation = found
        ref = send(handle, self.assignment.version)
        while True:
            try:
                reply = ray.get(ref, timeout=min(LOOK_AGAIN_S, max(0.01, deadline - time.monotonic())))
            except GetTimeoutError:
                self._check_still_there(unit, seat.name, incarnation, deadline)
                continue
            well, value = pickle.loads(reply) if isinstance(reply, bytes) else reply
            if well:
                return value
            raise value

    def _check_still_there(self, unit: Unit, seat: str, incarnation: int, deadline: float) -> None:
        """Raises `_Gone` if another process fills the seat by now, the unit has moved, or no time is left."""
        if time.monotonic() > deadline:
            raise _Gone(f"{seat} is silent")
        self._seen_at = 0.0
        self.refresh()
        now = self._directory.seats.get(seat)
        if now is None or now[1] != incarnation:
            raise _Gone(f"{seat} has a new process")
        if self._seat(unit).name != seat:
            raise _Gone(f"{unit.name} has moved")


class _Gone(Misplaced):
    """The process that was asked is not the one to ask any more."""
