"""A flow over several durable objects: each step is done once; if one fails, those before are undone.

begin --> run: step --> step --> step ... --> done
                 |          each outcome is durable before the next step begins
                 fails --> undo what was done, the last first --> undone

Whatever dies, an alarm runs `run` again: a step that has an outcome gives it at once, so the flow goes on
where it was. A step's calls have names that follow from the saga's and the step's, so objects do them once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from urllib.parse import quote

from ...core.errors import Conflict, Error, Invalid, NotFound, Unavailable
from ...core.objects import FIRST_RETRY_S, AlarmInfo, ObjectReply, failure, pack, unpack
from .base import RESERVED, DurableObject, concurrent
from .turn import calls_named, make_durable

RUNNING, UNDOING, DONE, UNDONE = "running", "undoing", "done", "undone"
GO_ON = "$saga"
"""The alarm; and the key of `Progress`."""
TURN_S = 5.0
"""After so long a pass lets others have a turn, and goes on."""
LONGEST_WAIT_S = 20.0
MOST_BYTES = 32 << 20

Undo = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Progress:
    """`call`: the packed arguments. `outcome`: of the whole. `stuck`: why nobody tries any more."""

    stage: str
    call: bytes
    outcome: ObjectReply | None = None
    stuck: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a step. `number`: which one it was. `undone`: whether it was taken back."""

    number: int
    reply: ObjectReply
    undone: bool = False


class Saga(DurableObject):
    """Derive from it and define `run(self, step, ...)`, which calls `step(name, act, undo)` for each effect.

    `run` is run again after a kill: between its steps it only computes, from its arguments and from what
    steps returned. A subclass with alarms of its own hands those that it does not know to `super()`.
    """

    _not_offered: ClassVar[frozenset[str]] = RESERVED | {"run"}

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._known: Progress | None = self.storage.get(GO_ON)
        """For who waits: never what could still be lost."""

    def run(self, step: Step, *args: Any, **kwargs: Any) -> Any:
        """What the saga does; its result is the saga's."""
        raise NotImplementedError(f"{type(self).__name__} has no `run`")

    # -- for callers ------------------------------------------------------------------------------

    def begin(self, *args: Any, **kwargs: Any) -> None:
        """Once this returns the saga runs to its end, whether or not anybody asks. Again: nothing more.

        Raises `Conflict` if it was begun with other arguments.
        """
        known: Progress | None = self.storage.get(GO_ON)
        if known is None:
            call = pack((args, kwargs), MOST_BYTES, "what a saga begins with")
            self._note(Progress(RUNNING, call))
            self.storage.set_alarm(GO_ON, 0)
        elif unpack(known.call) != (args, kwargs):
            raise Conflict(f"{self.ctx.id} was begun with other arguments", hint="one saga for each flow")

    @concurrent
    def result(self, timeout: float = 10.0) -> Any:
        """What `run` returned, or what it raised once all was undone; waits for it, at most 20 s.

        Raises `Unavailable` while it is under way, and if it is stuck; `NotFound` if it was not begun.
        """
        with self._changed:
            self._changed.wait_for(self._settled, min(timeout, LONGEST_WAIT_S))
            known = self._known
        if known is None:
            raise NotFound(f"{self.ctx.id} was not begun", hint="call begin(...) first")
        if known.stuck is not None:
            hint = "mend the cause, then call resume()"
            raise Unavailable(f"{self.ctx.id} is stuck: {known.stuck}", hint=hint)
        if known.outcome is None or known.stage == UNDOING:
            raise Unavailable(f"{self.ctx.id} is {known.stage}", hint="it goes on by itself: ask again")
        return known.outcome.value()

    def status(self) -> dict[str, Any]:
        """`stage`: running, undoing, done or undone. `steps`: name -> done, failed, undone. `stuck`: why."""
        known: Progress | None = self.storage.get(GO_ON)
        if known is None:
            return {"stage": None, "steps": {}, "stuck": None}
        steps = sorted(self._outcomes().items(), key=lambda item: item[1].number)
        return {
            "stage": known.stage,
            "steps": {name: _word(outcome) for name, outcome in steps},
            "stuck": known.stuck,
        }

    def resume(self) -> bool:
        """Goes on where it is stuck; False if it is not."""
        known: Progress | None = self.storage.get(GO_ON)
        if known is None or known.stuck is None:
            return False
        self._note(replace(known, stuck=None))
        self.storage.set_alarm(GO_ON, 0)
        return True

    # -- one pass ---------------------------------------------------------------------------------

    def alarm(self, name: str, info: AlarmInfo) -> None:  # noqa: ARG002 - the next try is the host's affair
        known: Progress | None = self.storage.get(GO_ON)
        if name != GO_ON or known is None or known.stage in (DONE, UNDONE):
            return
        try:
            if known.stage == RUNNING:
                known = self._run(known)
            if known.stage == UNDOING:
                known = self._undo(known)
        except _Pause:
            self.storage.set_alarm(GO_ON, 0)
            return
        except _Later as later:
            if not later.progress:
                raise later.error from None
            self.storage.set_alarm(GO_ON, FIRST_RETRY_S)
            return
        self._note(known)
        make_durable()
        self._tell(known)

    def alarm_failed(self, name: str, error: str) -> None:
        known: Progress | None = self.storage.get(GO_ON)
        if name == GO_ON and known is not None:
            known = replace(known, stuck=error)
            self._note(known)
            make_durable()
            self._tell(known)

    def _run(self, known: Progress) -> Progress:
        args, kwargs = unpack(known.call)
        try:
            value = self.run(Step(self, self._outcomes()), *args, **kwargs)
            reply = ObjectReply(pack(value, MOST_BYTES, "the result of a saga"))
        except Exception as error:
            if isinstance(error, Error) and error.retryable:
                raise
            failed = replace(known, stage=UNDOING, outcome=failure(error))
            # From here on there is no way back, however a step would end if it were tried again.
            self._note(failed)
            make_durable()
            return failed
        return replace(known, stage=DONE, outcome=reply)

    def _undo(self, known: Progress) -> Progress:
        args, kwargs = unpack(known.call)
        step = Step(self, self._outcomes(), only_known=True)
        with suppress(_Unknown, Exception):  # it fails as it did; what was done until then counts
            self.run(step, *args, **kwargs)
        step.undo_all()
        return replace(known, stage=UNDONE)

    def _outcomes(self) -> dict[str, Outcome]:
        prefix = f"{GO_ON}/"
        return {key.removeprefix(prefix): found for key, found in self.storage.list(prefix=prefix).items()}

    def _keep(self, name: str, outcome: Outcome) -> None:
        self.storage.put(f"{GO_ON}/{name}", outcome)
        make_durable()

    def _note(self, progress: Progress) -> None:
        self.storage.put(GO_ON, progress)
        if progress.stage == RUNNING and progress.stuck is None:
            self._tell(progress)

    def _tell(self, progress: Progress) -> None:
        with self._changed:
            self._known = progress
            self._changed.notify_all()

    def _settled(self) -> bool:
        known = self._known
        return known is None or known.stuck is not None or known.stage in (DONE, UNDONE)


class Step:
    """`step("pay", lambda: account.charge(5), undo=lambda paid: account.refund(paid))`, within `run`."""

    def __init__(self, saga: Saga, outcomes: dict[str, Outcome], *, only_known: bool = False) -> None:
        self._saga = saga
        self._outcomes = outcomes
        self._only_known = only_known
        self._known_before = len(outcomes)
        self._seen: dict[str, Undo | None] = {}
        self._began = time.monotonic()
        self._did_some = False

    def __call__(self, name: str, act: Callable[[], Any], undo: Undo | None = None) -> Any:
        """What `act` returns, or raises; once it has, it is not called again. `undo`: called with that result
        if the saga fails later.

        Calls of objects within `act` are done once. What else it does may be done again after a kill:
        `self.ctx.operation` is the same text then, to name it by. Where an object can't be reached, the step
        is tried again later, and the saga is `stuck` when that was in vain six times.
        """
        if name in self._seen:
            raise Invalid(f"two steps of {self._saga.ctx.id} are called `{name}`", hint="give each its name")
        outcome = self._outcomes.get(name)
        if outcome is None:
            outcome = self._done(name, act)
        self._seen[name] = None if outcome.reply.failed else undo
        return outcome.reply.value()

    def _done(self, name: str, act: Callable[[], Any]) -> Outcome:
        if self._only_known:
            raise _Unknown
        self._pause()
        try:
            with calls_named(self._operation("do", name)):
                reply = ObjectReply(pack(act(), MOST_BYTES, f"the result of step `{name}`"))
        except Exception as error:
            if isinstance(error, Error) and error.retryable:
                raise _Later(error, progress=len(self._outcomes) > self._known_before) from error
            reply = failure(error)
        outcome = self._outcomes[name] = Outcome(len(self._seen), reply)
        self._saga._keep(name, outcome)
        return outcome

    def undo_all(self) -> None:
        """The last first; each that is undone stays so. Raises what an `undo` raises."""
        for name, undo in reversed(self._seen.items()):
            outcome = self._outcomes[name]
            if undo is None or outcome.undone:
                continue
            self._pause()
            with calls_named(self._operation("undo", name)):
                undo(outcome.reply.value())
            self._saga._keep(name, replace(outcome, undone=True))

    def _operation(self, what: str, name: str) -> str:
        """No two steps' calls, nor those that they lead to, have one name."""
        return f"{self._saga.ctx.id.hex}/{what}/{quote(name, safe='')}"

    def _pause(self) -> None:
        """A pass that has lasted long enough ends here, if it has done anything."""
        if self._did_some and time.monotonic() - self._began > TURN_S:
            raise _Pause
        self._did_some = True


class _Pause(BaseException):
    """The pass has lasted long enough. Not for a `run` to catch."""


class _Unknown(BaseException):
    """All that was done has been seen."""


class _Later(BaseException):
    """A step can't be done now. `run` must not take that for how it ended. `progress`: others before were."""

    def __init__(self, error: Error, *, progress: bool) -> None:
        self.error = error
        self.progress = progress


def _word(outcome: Outcome) -> str:
    if outcome.reply.failed:
        return "failed"
    return "undone" if outcome.undone else "done"
