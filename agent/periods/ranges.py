"""From one point to another, and open sides: "between X and Y", "X through Y", "since X", "X or later".

Both ends are included, as people say it: "from January to March" is three months, "until Friday" holds
Friday. "Before" and "after" leave their point out.
"""

from __future__ import annotations

from dataclasses import replace

from ..grammar import Rule, rule
from .calendar import DAY, Calendar, Open, Recurring, Said, Span, midpoint, month_days
from .dates import month_each_year
from .units import Duration, moved


def between(calendar: Calendar, a: Said, b: Said) -> Span | None:
    """What comes round is taken from the side that is certain, or else the last that has begun."""
    if isinstance(b, Span):
        first: Span | None = a if isinstance(a, Span) else a.latest(b.begin)
        second: Span | None = b
    else:
        first = calendar.resolve(a)
        second = first and b.following(first.begin)
    if first is None or second is None or second.end <= first.begin:
        return None
    return Span(first.begin, second.end, second.grain, first.bare_year and second.bare_year)


def _edge(said: Said, side: int) -> Said:
    """As "the end of June" as one end of a range: nothing long, but a moment."""

    def of(span: Span) -> Span:
        at = (span.begin, midpoint(span), span.end)[side]
        return replace(span, begin=at, end=at, bare_year=False)

    return of(said) if isinstance(said, Span) else said.each(of)


def _date_to_day(calendar: Calendar, first: int, day: Said) -> Span | None:
    """As "from 4 to January 22, 1995"."""
    last = calendar.resolve(day)
    return last and between(calendar, month_days(first), last)


def _dates_in_month(calendar: Calendar, first: int, last: int, month_ref: Said) -> Span | None:
    """As "4 to 22 January 1995"; of "27 to 3 of April" the first lies in March."""
    month = calendar.resolve(month_ref)
    end = month and month_days(last).inside(month)
    return end and between(calendar, month_days(first), end)


def _dates_from_month(calendar: Calendar, month: Recurring, first: int, last: int) -> Span | None:
    """As "April 9 to 17"; of "April 27 to the third" the second lies in May."""
    each = month.each(month_days(first).inside)
    begin = each.latest(calendar.now)
    return begin and between(calendar, begin, month_days(last))


def _dates_from_month_of_year(
    calendar: Calendar, month: Recurring, first: int, last: int, year_span: Span
) -> Span | None:
    found = month.inside(year_span)
    begin = found and month_days(first).inside(found)
    return begin and between(calendar, begin, month_days(last))


def _weekdays_in_week(calendar: Calendar, week: Span, a: Recurring, b: Recurring) -> Span | None:
    first, second = a.inside(week), b.inside(week)
    return first and second and between(calendar, first, second)


TO = "to|until|till|til|through|thru|-"
_DATES = f"the? <first:date> {TO}|and the? <last:date>"

POINTS: tuple[Rule, ...] = (
    *rule("plain_point", lambda _, p: p, "<p:said>", "<p:weak>", "on? the? <p:day>"),
    *rule("point", lambda _, p: p, "<p:plain_point>", "the? <p:nth_of_month>"),
    *rule("nth_of_month", lambda _, n: month_days(n), "<n:date_number> st|nd|rd|th"),
    *rule("edge", lambda _, p: _edge(p, 0), "the? beginning|start of the? <p:container>"),
    *rule("edge", lambda _, p: _edge(p, 1), "the? middle of the? <p:container>"),
    *rule("edge", lambda _, p: _edge(p, 2), "the? end|close of the? <p:container>"),
    *rule("now", lambda c: c.unit("day"), "now", "the? current date", "date"),
    *rule("instant", lambda _, moment: replace(moment, end=moment.begin), "<moment>"),
    *rule("side", lambda _, p: p, "<p:edge>", "<p:now>", "<p:instant>", "<p:point>"),
    *rule("fixed_side", lambda c, side: c.resolve(side), "<side>"),
    *rule("fixed_day", lambda c, day: c.resolve(day), "<day>"),
    *rule("today", lambda c: c.unit("day"), "date"),
    *rule("month_alone", month_each_year, "<month>"),
)

BETWEEN: tuple[Rule, ...] = (
    *rule(
        "period",
        _dates_in_month,
        f"from|between? the? <first:date_digits> {TO}|and the? <last:date_digits> of|in? <month_ref>",
        f"from|between the? <first:nth> {TO}|and the? <last:nth> of|in? <month_ref>",
    ),
    *rule(
        "period",
        _dates_from_month,
        f"from|between? <month:month_alone> {_DATES}",
        f"<month:month_alone> from|between {_DATES}",
    ),
    *rule(
        "period",
        _dates_from_month_of_year,
        f"from|between? <month:month_alone> {_DATES} ,? of|in? <year_span>",
        f"<month:month_alone> from|between {_DATES} ,? of|in? <year_span>",
    ),
    *rule(
        "period",
        between,
        f"from <a:side> {TO} <b:side>",
        "from <a:side> up to <b:side>",
        f"in? <a:plain_point> {TO} <b:side>",
        "between <a:side> and|to|through|- <b:side>",
    ),
    *rule("period", _date_to_day, "from the? <first:date> to|until|till|through|- <day>"),
    *rule(
        "period",
        _weekdays_in_week,
        f"<week:week_ref> from|between? <a:any_weekday> {TO}|and <b:any_weekday>",
        f"from|between? <a:any_weekday> {TO}|and <b:any_weekday> of? <week:week_ref>",
    ),
)


def _since(_: Calendar, fixed: Span) -> Open:
    return Open(fixed.begin, None, fixed.grain, fixed.bare_year)


def _after(_: Calendar, fixed: Span) -> Open:
    return Open(fixed.end, None, fixed.grain, fixed.bare_year)


def _before(_: Calendar, fixed: Span) -> Open:
    return Open(None, fixed.begin, fixed.grain, fixed.bare_year)


def _until(_: Calendar, fixed: Span) -> Open:
    return Open(None, fixed.end, fixed.grain, fixed.bare_year)


def _long_before(calendar: Calendar, duration: Duration, fixed: Span | None = None) -> Open:
    """As "more than 30 days ago"."""
    return Open(None, moved(fixed.begin if fixed else calendar.today, duration, -1), "day")


def _long_after(_: Calendar, duration: Duration, fixed: Span) -> Open:
    return Open(moved(fixed.begin, duration, 1) + DAY, None, "day")


OPEN: tuple[Rule, ...] = (
    *rule(
        "period",
        _since,
        "since on? <fixed:fixed_side>",
        "starting|beginning|effective in|on|from|with? <fixed>",
        "from <fixed> on|onward|onwards|forward",
        "no|not earlier than <fixed>",
        "<fixed:year_span> or|and later|after|newer|onward|onwards|greater",
        "<fixed:fixed_day> or|and later|after|onward|onwards",
    ),
    *rule("period", _after, "after|following <fixed:fixed_side>", "later|newer than <fixed>"),
    *rule(
        "period",
        _before,
        "before|preceding <fixed:fixed_side>",
        "prior to <fixed:fixed_side>",
        "earlier|older than <fixed>",
    ),
    *rule(
        "period",
        _until,
        "until|till|til|through|thru|by <fixed:fixed_side>",
        "up to|until|till (and including)? <fixed:fixed_side>",
        "as of <fixed>",
        "to|till <fixed:today>",
        "no|not later than <fixed>",
        "<fixed:year_span> or|and earlier|before|older",
        "<fixed:fixed_day> or|and earlier|before",
    ),
    *rule("period", _long_before, "more|longer|earlier than <duration> ago", "older than <duration>"),
    *rule("period", _long_before, "more|longer than <duration> before <fixed>"),
    *rule("period", _long_after, "more|longer than <duration> after|from <fixed>"),
)

RULES = (*rule("period", lambda _, said: said, "<said>"), *POINTS, *BETWEEN, *OPEN)
