"""Each broken promise is seen, and a history without one is not blamed."""

from __future__ import annotations

import pytest

from thermocline.torture.check import Found, Written, problems, stale_writes
from thermocline.torture.history import Attempt, decode, encode

HISTORY = [
    Attempt("append", "a/0/0", "", "yes"),
    Attempt("append", "a/0/1", "", "unknown"),
    Attempt("append", "a/0/2", "", "no"),
    Attempt("read", "a/0/3", "", "yes", 1),
    Attempt("stream", "a/0/4", "s", "yes", 1),
    Attempt("stream", "a/0/5", "s", "yes", 2),
    Attempt("effect", "a/0/6", "o", "yes", 1),
    Attempt("effect", "a/0/7", "o", "unknown"),
    Attempt("effect", "a/0/8", "o", "yes", 2),
    Attempt("unnamed", "a/0/9", "", "yes"),
]


def found(
    ids: str = "a/0/0 a/0/4 a/0/5 a/0/9",
    stream: str = "a/0/4 a/0/5",
    positions: tuple[int, ...] = (1, 2),
    effects: str = "a/0/6 a/0/8",
) -> Found:
    return Found(ids.split(), {"s": stream.split()}, {"s": positions}, {"o": effects.split()})


def test_what_was_kept_is_no_problem() -> None:
    assert problems(HISTORY, found()) == []


def test_what_nobody_heard_of_may_be_there_or_not() -> None:
    history = [one for one in HISTORY if one.id != "a/0/8"]
    kept = found("a/0/0 a/0/1 a/0/4 a/0/5 a/0/9", effects="a/0/6 a/0/7")
    assert problems(history, kept) == []


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (found("a/0/4 a/0/5 a/0/9"), "event a/0/0 was acknowledged and is lost"),
        (found("a/0/0 a/0/4 a/0/5"), "event a/0/9 was acknowledged and is lost"),
        (found("a/0/0 a/0/0 a/0/4 a/0/5 a/0/9"), "event a/0/0 is there 2 times"),
        (found("a/0/0 a/0/1 a/0/1 a/0/4 a/0/5 a/0/9"), "event a/0/1 is there 2 times"),
        (found("a/0/0 a/0/2 a/0/4 a/0/5 a/0/9"), "event a/0/2 was refused and is there"),
        (found("a/0/0 a/0/4 a/0/5 a/0/9 b"), "event b is there, and nobody sent it"),
        (found(stream="a/0/5 a/0/4"), "stream s has a/0/5 at 1, not a/0/4 as was told"),
        (found(positions=(1, 3)), "stream s has the positions 1, 3"),
        (found(effects="a/0/6"), "effect on o a/0/8 was acknowledged and is lost"),
        (found(effects="a/0/6 a/0/8 a/0/8"), "effect on o a/0/8 is there 2 times"),
        (
            found(effects="a/0/8 a/0/6"),
            "effects on o took place in another order than they were acknowledged",
        ),
        (found(effects="a/0/6 a/0/7 a/0/8"), "object o has a/0/7 at 2, not a/0/8 as was told"),
    ],
)
def test_a_broken_promise_is_seen(broken: Found, said: str) -> None:
    assert said in problems(HISTORY, broken)


@pytest.mark.parametrize("seen", [0, 4])
def test_a_read_sees_what_was_acknowledged_and_nothing_that_was_not_sent(seen: int) -> None:
    history = [Attempt("read", "a/0/3", "", "yes", seen) if a.kind == "read" else a for a in HISTORY]
    assert problems(history, found()) == [f"read a/0/3 saw {seen} events, 1 to 3 were there"]


def test_owners_follow_each_other() -> None:
    written = [Written("u", 1, 1), Written("u", 2, 1), Written("u", 4, 2), Written("v", 1, 1)]
    assert stale_writes(written) == []


def test_a_row_of_a_stale_owner_is_seen() -> None:
    after = [Written("u", 1, 1), Written("u", 3, 2), Written("u", 4, 1)]
    assert stale_writes(after) == ["u: 4 was written by epoch 1 after 2"]
    beside = [Written("u", 3, 2), Written("u", 3, 1)]
    assert stale_writes(beside) == ["u: 3 was written by epoch 1, 2 after 0"]


def test_a_line_that_a_kill_tore_was_not_told() -> None:
    lines = b"".join(encode(attempt) for attempt in HISTORY)
    assert decode(lines[:-5].splitlines(keepends=True)) == HISTORY[:-1]
