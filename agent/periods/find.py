"""The doors of this room: the periods of a question, and those it compares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from . import lexicon
from .question import COARSE, Question
from .values import Comparison, Period, Shift, shifted


def find_periods(
    text: str, now: datetime, *, week_starts: str = "monday", fiscal_year_starts: int = 1
) -> tuple[Period, ...]:
    """The periods said in a question, in order, none within another. `now`: an aware moment.

    `week_starts`: "monday", "sunday" or "saturday". `fiscal_year_starts`: the month of "fiscal 2024".
    """
    return tuple(Question(text, now, week_starts, fiscal_year_starts).periods())


def find_comparisons(
    text: str, now: datetime, *, week_starts: str = "monday", fiscal_year_starts: int = 1
) -> tuple[Comparison, ...]:
    """The phrases that set one period against another, in order."""
    question = Question(text, now, week_starts, fiscal_year_starts)
    periods = dict(zip((phrase.begin for phrase in question.phrases), question.periods(), strict=True))
    ends = {phrase.end: periods[phrase.begin] for phrase in question.phrases}
    return tuple(_comparisons(question, periods, ends))


def _comparisons(
    question: Question, periods: dict[int, Period], ends: dict[int, Period]
) -> Iterator[Comparison]:
    stops = {phrase.begin: phrase.end for phrase in question.phrases}
    shifts = {
        phrase.begin: phrase.meaning for phrase in question.phrases if isinstance(phrase.meaning, Shift)
    }
    at = 0
    while at < len(question.tokens):
        for end, shift in question.parse.at("over", at).items():
            yield _compared(question, at, end, None, None, shift)
            at = end - 1
        middles = question.parse.at("versus", at) | _back(question, at, shifts)
        for middle in sorted(middles, reverse=True):
            before = ends.get(at)
            begin = next((p.begin for p in question.phrases if p.end == at), at)
            if earlier := question.parse.at("earlier_period", middle):
                end = max(earlier)
                yield _compared(question, begin, end, before, None, earlier[end])
            elif middle in periods:
                end, base = stops[middle], periods[middle]
                shift = shifts.get(middle) or _coarser(
                    question, before or _earlier(question, periods, at), middle, end
                )
                yield _compared(question, begin, end, before, base, shift)
            else:
                continue
            at = end - 1
            break
        at += 1


def _back(question: Question, at: int, shifts: dict[int, Shift]) -> dict[int, object]:
    """ "Up from the same period last year" compares; "from last month" does not."""
    found = question.parse.at("since_then", at)
    return {
        end: value
        for end, value in found.items()
        if end in shifts or question.parse.at("earlier_period", end)
    }


def _earlier(question: Question, periods: dict[int, Period], at: int) -> Period | None:
    """The last period said before this token."""
    said = [periods[phrase.begin] for phrase in question.phrases if phrase.end <= at]
    return said[-1] if said else None


def _coarser(question: Question, period: Period | None, begin: int, end: int) -> Shift | None:
    """ "May against last year" means May of last year."""
    said = [token.key for token in question.tokens[begin:end] if token.key != "the"]
    if period is None or len(said) != 2 or said[0] not in ("last", "previous", "prior"):
        return None
    unit = lexicon.UNITS.get(said[1], "")
    if unit not in COARSE or period.grain not in COARSE:
        return None
    return Shift(unit) if COARSE.index(period.grain) < COARSE.index(unit) else None


def _compared(
    question: Question, begin: int, end: int, period: Period | None, base: Period | None, shift: Shift | None
) -> Comparison:
    """Where both the period and the shift are known, so is the base."""
    start, stop = question.place(begin, end)
    if period and shift:
        base = shifted(period, shift)
    elif shift:
        base = None
    return Comparison(start, stop, question.text[start:stop], period, base, shift)
