"""The doors of this room: the periods of a question, and those it compares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from . import lexicon
from .question import COARSE, Phrase, Question, WeekStart
from .values import Comparison, Period, Shift, shifted


def find_periods(
    text: str, now: datetime, *, week_starts: WeekStart = "monday", fiscal_year_starts: int = 1
) -> tuple[Period, ...]:
    """The periods said in a question, in order, none within another. `now`: an aware moment.

    `fiscal_year_starts`: the month of "fiscal 2024".
    """
    return tuple(Question(text, now, week_starts, fiscal_year_starts).periods())


def find_comparisons(
    text: str, now: datetime, *, week_starts: WeekStart = "monday", fiscal_year_starts: int = 1
) -> tuple[Comparison, ...]:
    """The phrases that set one period against another, in order."""
    question = Question(text, now, week_starts, fiscal_year_starts)
    return tuple(_comparisons(question, [*zip(question.phrases, question.periods(), strict=True)]))


Placed = list[tuple[Phrase, Period]]


def _comparisons(question: Question, placed: Placed) -> Iterator[Comparison]:
    at = 0
    while at < len(question.tokens):
        if over := question.parse.at("over", at):
            end = max(over)
            yield _compared(question, at, end, None, None, over[end])
        else:
            end, found = _versus(question, placed, at)
            if found:
                yield found
        at = end


def _versus(question: Question, placed: Placed, at: int) -> tuple[int, Comparison | None]:
    """The comparison whose connecting words begin at this token, and where it ends."""
    begin, period = next(((phrase.begin, said) for phrase, said in placed if phrase.end == at), (at, None))
    for middle in sorted(_connected(question, placed, at), reverse=True):
        if earlier := question.parse.at("earlier_period", middle):
            end = max(earlier)
            return end, _compared(question, begin, end, period, None, earlier[end])
        for phrase, base in placed:
            if phrase.begin == middle:
                before = period or _last_before(placed, at)
                shift = (
                    phrase.meaning
                    if isinstance(phrase.meaning, Shift)
                    else _coarser(question, before, phrase)
                )
                return phrase.end, _compared(question, begin, phrase.end, period, base, shift)
    return at + 1, None


def _connected(question: Question, placed: Placed, at: int) -> list[int]:
    """Where the words that set against each other may end, if some begin here.

    "Up from the same period last year" compares, "from last month" does not; "to" does after "compare".
    """
    ends = [*question.parse.at("versus", at)]
    shifts = {phrase.begin for phrase, _ in placed if isinstance(phrase.meaning, Shift)}
    since = question.parse.at("since_then", at)
    ends += [end for end in since if end in shifts or question.parse.at("earlier_period", end)]
    behind_period = any(phrase.end == at for phrase, _ in placed)
    asked_to_compare = any(token.key in _COMPARE for token in question.tokens[:at])
    if question.key(at) in ("to", "with", "and") and behind_period and asked_to_compare:
        ends.append(at + 1)
    return ends


_COMPARE = frozenset({"compare", "compared", "compares", "comparing", "comparison"})


def _last_before(placed: Placed, at: int) -> Period | None:
    """The last period said before this token."""
    return next((period for phrase, period in reversed(placed) if phrase.end <= at), None)


def _coarser(question: Question, period: Period | None, base: Phrase) -> Shift | None:
    """Against "last year", a month means that month of last year."""
    said = [token.key for token in question.tokens[base.begin : base.end] if token.key != "the"]
    if period is None or len(said) != 2 or said[0] not in ("last", "previous", "prior"):
        return None
    unit = lexicon.UNITS.get(said[1], "")
    if unit not in COARSE or period.grain not in COARSE:
        return None
    return Shift(unit) if COARSE.index(period.grain) < COARSE.index(unit) else None


def _compared(
    question: Question, begin: int, end: int, period: Period | None, base: Period | None, shift: Shift | None
) -> Comparison:
    """Where both the period and the shift are known, so is the base; where only the shift is, it is not."""
    start, stop = question.place(begin, end)
    if shift:
        base = shifted(period, shift) if period else None
    return Comparison(start, stop, question.text[start:stop], period, base, shift)
