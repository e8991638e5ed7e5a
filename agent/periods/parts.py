"""Parts of a period: early, mid and late, to date, the rest of it; and hours of a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from .calendar import DAY, Calendar, Span, add
from .dates import Said
from ..grammar import Rule, Terminal, rule, words
from .units import midpoint

HOURS = {"morning": (8, 12), "afternoon": (12, 16), "evening": (16, 20), "night": (20, 24)}
"""Parts of the day, as hours in UTC."""

TERMINALS: tuple[Terminal, ...] = (
    words("day_part", HOURS | {word + "s": hours for word, hours in HOURS.items()}),
    words("to_date_unit", {"ytd": "year", "qtd": "quarter", "mtd": "month", "wtd": "week"}),
    words("end_word", {"eoy": "year", "eoq": "quarter", "eom": "month", "eow": "week"}),
)


def _part(calendar: Calendar, part: int, said: Said) -> Span | None:
    """The first half, the middle, the second half."""
    span = calendar.resolve(said)
    if span is None or span.begin is None or span.end is None or span.end - span.begin < 2 * DAY:
        return None
    length = (span.end - span.begin).days
    if part == 1:
        begin, end = span.begin + DAY * (length // 3 - 1), span.begin + DAY * (length * 2 // 3)
        if span.grain == "year":
            begin, end = add(span.begin, "month", 4), add(span.begin, "month", 8)
        return replace(span, begin=begin, end=end, bare_year=False)
    middle = midpoint(span)
    return (
        replace(span, end=middle, bare_year=False)
        if part == 0
        else replace(span, begin=middle, bare_year=False)
    )


def _unit_part(calendar: Calendar, part: int, unit: str) -> Span | None:
    return _part(calendar, part, calendar.unit(unit))


def _to_date(calendar: Calendar, unit: str) -> Span:
    return Span(calendar.unit(unit).begin, calendar.today + DAY, unit)


def _fiscal_to_date(calendar: Calendar) -> Span | None:
    year = calendar.fiscal_year(calendar.this_fiscal_year())
    return year and replace(year, end=calendar.today + DAY)


def _before_today(calendar: Calendar, unit: str) -> Span:
    return Span(calendar.unit(unit).begin, calendar.today, unit)


def _from_today(calendar: Calendar, unit: str) -> Span:
    begin = calendar.now if unit == "day" else calendar.today
    return Span(begin, calendar.unit(unit).end, unit)


SHARES: tuple[Rule, ...] = (
    *rule("share", lambda _: 0, "the? beginning|start|early part? of", "early -? in?"),
    *rule("share", lambda _: 1, "the? middle of", "the? mid -?"),
    *rule("share", lambda _: 2, "the? end|close|late part? of", "late -? in?"),
    *rule("said", _part, "<part:share> <said:container>"),
    *rule("said", lambda c, unit: _unit_part(c, 2, unit), "<unit:end_word>", "<unit:long_unit> -? end"),
    *rule(
        "said",
        lambda c, unit: _to_date(c, unit),
        "<unit:to_date_unit>",
        "the? this|current? <unit:long_unit> -? to -? date",
    ),
    *rule(
        "said",
        lambda c, unit: _to_date(c, unit),
        "so far this <unit:long_unit>",
        "this <unit:long_unit> so far",
    ),
    *rule("said", lambda c: _fiscal_to_date(c), "fiscal ytd|year to date"),
    *rule("said", lambda c, unit: _before_today(c, unit), "earlier in? the|this|current <unit:long_unit>"),
    *rule("said", lambda c, unit: _from_today(c, unit), "later in? the|this|current <unit:long_unit>"),
    *rule(
        "said",
        lambda c, unit: _from_today(c, unit),
        "the? rest|remainder|remaining of the|this|current? <unit>",
    ),
)


def _hours(day_part: tuple[int, int], part: int | None) -> tuple[timedelta, timedelta]:
    first, last = day_part
    middle = (first + last) // 2
    if part is not None:
        first, last = (first, middle) if part == 0 else (middle, last)
    return timedelta(hours=first), timedelta(hours=last)


def _of_day(calendar: Calendar, day: Said, day_part: tuple[int, int], part: int | None = None) -> Span | None:
    span = calendar.resolve(day)
    if span is None or span.begin is None or span.grain != "day":
        return None
    first, last = _hours(day_part, part)
    return Span(span.begin + first, span.begin + last, "hour")


def _pointed(calendar: Calendar, rel: int, day_part: tuple[int, int], part: int | None = None) -> Span | None:
    return _of_day(calendar, calendar.day(rel), day_part, part)


def _tonight(calendar: Calendar) -> Span | None:
    return _pointed(calendar, 0, HOURS["night"])


DAY_PARTS: tuple[Rule, ...] = (
    *rule("early_late", lambda _: 0, "early -?"),
    *rule("early_late", lambda _: 2, "late|later -?"),
    *rule("some_day", lambda _, day: day, "<day:whole_day>", "<day:any_weekday>", "<day:holiday>"),
    *rule("said", _tonight, "tonight"),
    *rule("said", _pointed, "<part:early_late>? <rel> <day_part>", "later|earlier? <rel> <day_part>"),
    *rule("said", _of_day, "<day:some_day> ,? (in the)? <part:early_late>? <day_part>"),
    *rule("said", _of_day, "(in the)? <part:early_late>? <day_part> ,? of|on? <day:some_day>"),
    *rule("said", lambda c, day: _of_day(c, day, HOURS["morning"]), "<day:some_day> am"),
    *rule("said", lambda c, day: _of_day(c, day, HOURS["afternoon"]), "<day:some_day> pm"),
)

RULES = (*SHARES, *DAY_PARTS)
