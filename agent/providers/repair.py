"""A question put to a model until its statement passes the checks: at most three repairs.

    ask --> read --> check --> a proposal
     ^                 |
     `-- what is wrong, in words of ours with the names that it is about

A model is told the kind of an error, its identifiers and what they could have been. The message of an error
can quote values, so it is kept for people and never sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from ...core.errors import Unavailable
from ...core.protocols import Cancel
from . import data_block
from .base import BrokenOff, Completion, Message, OnText, Provider
from .prompt import MOST_OF_A_NAME, Prompt
from .reply import Clarify, Refuse, Reply, Statement, Unreadable, read

MOST_REPAIRS = 3
MOST_TOKENS = 8_192
"""Of a reply, a model's thoughts included, which services count as well."""
MOST_NAMES = 12
_REPEATED = 6_000
"""Letters of a reply that is shown to its model again."""

ADVICE = {
    "syntax": "it can't be parsed",
    "unknown_table": "it names a table that there is not",
    "unknown_column": "it names a column that there is not",
    "ambiguous": "it names something that stands for several things",
    "function": "it calls a function that is not allowed, or not with these arguments",
    "type": "it compares or computes with values of types that don't fit",
    "not_allowed": "it does something that is not allowed here",
    "too_much": "it would read more than is allowed: narrow it down",
}
"""Kinds of error, as a model is told them. Another kind is told as a statement that is not accepted."""


@dataclass(frozen=True, slots=True)
class StructuredError:
    """`kind`: one of `ADVICE`. `message`: for people, as it may quote values. `identifiers`: the names that
    are wrong. `candidates`: names that could have been meant."""

    kind: str
    message: str
    identifiers: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


Check: TypeAlias = Callable[[str], StructuredError | None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """`reply`: the model's text as it was. `error`: why it was not accepted."""

    reply: str
    sql: str | None
    error: StructuredError | None
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Usage:
    requests: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """One of `sql`, `clarify` and `refusal` is there. `sql` has passed the checks."""

    provider: str
    model: str
    attempts: tuple[Attempt, ...]
    sql: str | None = None
    reading: str = ""
    assumptions: tuple[str, ...] = ()
    confidence: float | None = None
    clarify: tuple[str, ...] = ()
    refusal: str | None = None

    @property
    def usage(self) -> Usage:
        return Usage(
            len(self.attempts),
            sum(attempt.input_tokens for attempt in self.attempts),
            sum(attempt.output_tokens for attempt in self.attempts),
        )


def propose(
    provider: Provider,
    prompt: Prompt,
    check: Check,
    *,
    timeout: float,
    max_tokens: int = MOST_TOKENS,
    on_text: OnText | None = None,
    on_attempt: Callable[[Attempt], None] | None = None,
    cancel: Cancel | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Proposal:
    """`timeout`: of all of it. `max_tokens`: of one reply. `on_attempt`: called behind each reply, whose text
    `on_text` was given up to there. An answer that breaks off is one of the four, and is asked for again.

    Raises what the provider raises: `Unavailable` when the time is over, `Denied` when a budget is
    (`budget.Metered`).
    """
    deadline = clock() + timeout
    messages = prompt.messages
    attempts: tuple[Attempt, ...] = ()
    while True:
        left = deadline - clock()
        if left <= 0:
            raise _too_late(timeout, attempts)
        try:
            done = provider.complete(
                messages, timeout=left, max_tokens=max_tokens, on_text=on_text, cancel=cancel
            )
        except BrokenOff as broken:
            if len(attempts) == MOST_REPAIRS:
                raise Unavailable(broken.message, hint=broken.hint) from broken
            attempts = (*attempts, Attempt("", None, StructuredError("broken_off", broken.message), 0, 0))
            continue
        reply = _read(done)
        error = _judged(reply, check)
        attempt = Attempt(done.text, _sql(reply), error, done.input_tokens, done.output_tokens)
        attempts = (*attempts, attempt)
        if on_attempt is not None:
            on_attempt(attempt)
        if error is None or len(attempts) > MOST_REPAIRS:
            return _proposal(provider, reply, attempts)
        messages = (*messages, *repair(done.text, _told(reply, error), error, prompt.fence))


def repair(reply: str, wrong: str, error: StructuredError, fence: str) -> tuple[Message, Message]:
    """The reply as it was, and what is wrong with it, in words of ours."""
    names = {"identifiers": _names(error.identifiers), "candidates": _names(error.candidates)}
    known = {label: found for label, found in names.items() if found}
    parts = [
        f"That can't be used: {wrong}.",
        *([data_block.block([known], fence)] if known else []),
        "Reply again, with one JSON object in one of the three shapes and nothing else.",
    ]
    return Message("assistant", reply[:_REPEATED] or "(nothing)"), Message("user", "\n".join(parts))


def _read(done: Completion) -> Reply:
    if done.stopped == "refused":
        return Refuse("the model declined to answer")
    if done.stopped == "length":
        return Unreadable("it is cut off, as it is too long")
    return read(done.text)


def _judged(reply: Reply, check: Check) -> StructuredError | None:
    match reply:
        case Statement(sql):
            return check(sql)
        case Unreadable(problem):
            return StructuredError("shape", problem)
        case Clarify() | Refuse():
            return None


def _told(reply: Reply, error: StructuredError) -> str:
    return reply.problem if isinstance(reply, Unreadable) else ADVICE.get(error.kind, "it is not accepted")


def _sql(reply: Reply) -> str | None:
    return reply.sql if isinstance(reply, Statement) else None


def _proposal(provider: Provider, reply: Reply, attempts: tuple[Attempt, ...]) -> Proposal:
    made = Proposal(provider.name, provider.model, attempts)
    if attempts[-1].error is not None:
        return replace(made, refusal=_given_up(attempts))
    match reply:
        case Statement(sql, reading, assumptions, confidence):
            return replace(made, sql=sql, reading=reading, assumptions=assumptions, confidence=confidence)
        case Clarify(options):
            return replace(made, clarify=options)
        case Refuse(reason):
            return replace(made, refusal=reason)
    raise AssertionError("what can't be read has an error")


def _given_up(attempts: tuple[Attempt, ...]) -> str:
    tried = "; ".join(f"{at}. {_problem(attempt)}" for at, attempt in enumerate(attempts, 1))
    return f"no statement passed the checks in {len(attempts)} attempts: {tried}"


def _problem(attempt: Attempt) -> str:
    return attempt.error.message if attempt.error is not None else "accepted"


def _too_late(timeout: float, attempts: tuple[Attempt, ...]) -> Unavailable:
    last = f"; the last one: {_problem(attempts[-1])}" if attempts else ""
    return Unavailable(
        f"no statement within {timeout:g} s, after {len(attempts)} attempts{last}",
        hint="give it more time, or ask a faster model",
    )


def _names(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if len(name) <= MOST_OF_A_NAME][:MOST_NAMES]
