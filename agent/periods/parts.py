"""Parts of a period: early, mid and late, to date, the rest of it; and hours of a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ..grammar import Rule, Terminal, rule, words
from .calendar import DAY, Calendar, Span, add, midpoint

HOURS = {"morning": (8, 12), "afternoon": (12, 16), "evening": (16, 20), "night": (20, 24)}
"""Parts of the day, as hours in UTC."""

TERMINALS: tuple[Terminal, ...] = (
    words("day_part", HOURS | {word + "s": hours for word, hours in HOURS.items()}),
    words("to_date_unit", {"ytd": "year", "qtd": "quarter", "mtd": "month", "wtd": "week"}),
    words("end_word", {"eoy": "year", "eoq": "quarter", "eom": "month", "eow": "week"}),
)


def _part(_: Calendar, part: int, whole: Span) -> Span | None:
    """The first half, the middle, the second half."""
    if whole.end - whole.begin < 2 * DAY:
        return None
    plain = replace(whole, bare_year=False)
    if part == 1:
        return _middle(plain)
    return replace(plain, end=midpoint(whole)) if part == 0 else replace(plain, begin=midpoint(whole))


def _middle(span: Span) -> Span:
    """The middle third, as of May to August, or the 10th to the 20th."""
    if span.grain == "year":
        return replace(span, begin=add(span.begin, "month", 4), end=add(span.begin, "month", 8))
    length = (span.end - span.begin).days
    return replace(span, begin=span.begin + DAY * (length // 3 - 1), end=span.begin + DAY * (length * 2 // 3))


def _to_date(calendar: Calendar, unit: str) -> Span:
    """With today."""
    return Span(calendar.unit(unit).begin, calendar.today + DAY, unit)


def _year_to_date(calendar: Calendar, year_span: Span) -> Span:
    """As "YTD 2023": up to the same day of that year."""
    years = year_span.begin.year - calendar.now.year
    return Span(year_span.begin, add(calendar.today, "year", years) + DAY, "year")


def _fiscal_to_date(calendar: Calendar) -> Span | None:
    year = calendar.fiscal_year(calendar.this_fiscal_year())
    return year and replace(year, end=calendar.today + DAY)


def _before_today(calendar: Calendar, unit: str) -> Span:
    return Span(calendar.unit(unit).begin, calendar.today, unit)


def _from_today(calendar: Calendar, unit: str) -> Span:
    return Span(calendar.now if unit == "day" else calendar.today, calendar.unit(unit).end, unit)


SHARES: tuple[Rule, ...] = (
    *rule("share", lambda _: 0, "the? beginning|start|early part? of", "early -? in?"),
    *rule("share", lambda _: 1, "the? middle of", "the? mid -?"),
    *rule("share", lambda _: 2, "the? end|close|late part? of", "late -? in?"),
    *rule("said", _part, "<part:share> <whole>"),
    *rule("said", lambda c, unit: _part(c, 2, c.unit(unit)), "<unit:end_word>", "<unit:long_unit> -? end"),
    *rule(
        "said",
        _to_date,
        "<unit:to_date_unit>",
        "the? this|current? <unit:long_unit> -? to -? date",
    ),
    *rule(
        "said",
        _to_date,
        "so far this <unit:long_unit>",
        "this <unit:long_unit> so far",
    ),
    *rule("said", _year_to_date, "ytd of|in|for? <year_span>", "<year_span> ytd"),
    *rule("said", _fiscal_to_date, "fiscal ytd"),
    *rule("said", _before_today, "earlier in? the|this|current <unit:long_unit>"),
    *rule("said", _from_today, "later in? the|this|current <unit:long_unit>"),
    *rule(
        "said",
        _from_today,
        "the? rest|remainder|remaining of the|this|current? <unit>",
    ),
)


def _of_day(_: Calendar, day: Span, day_part: tuple[int, int], part: int | None = None) -> Span:
    """Morning, afternoon, evening or night, or its first or second half."""
    first, last = day_part
    middle = (first + last) // 2
    if part is not None:
        first, last = (first, middle) if part == 0 else (middle, last)
    return Span(day.begin + timedelta(hours=first), day.begin + timedelta(hours=last), "hour")


def _pointed(calendar: Calendar, rel: int, day_part: tuple[int, int], part: int | None = None) -> Span:
    return _of_day(calendar, calendar.unit("day", rel), day_part, part)


DAY_PARTS: tuple[Rule, ...] = (
    *rule("early_late", lambda _: 0, "early -?"),
    *rule("early_late", lambda _: 2, "late|later -?"),
    *rule("some_day", lambda c, day: c.resolve(day), "<day:whole_day>", "<day:any_weekday>", "<day:holiday>"),
    *rule("said", lambda c: _pointed(c, 0, HOURS["night"]), "tonight"),
    *rule("said", _pointed, "<part:early_late>? <rel> <day_part>", "later|earlier? <rel> <day_part>"),
    *rule("said", _of_day, "<day:some_day> ,? (in the)? <part:early_late>? <day_part>"),
    *rule("said", _of_day, "(in the)? <part:early_late>? <day_part> ,? of|on? <day:some_day>"),
    *rule("said", lambda c, day: _of_day(c, day, HOURS["morning"]), "<day:some_day> am"),
    *rule("said", lambda c, day: _of_day(c, day, HOURS["afternoon"]), "<day:some_day> pm"),
)

RULES = (*SHARES, *DAY_PARTS)
