"""From one point to another, and open sides: "between X and Y", "X through Y", "since X", "before X", "X or later".

Both ends are included, as people say it: "from January to March" is three months, "until Friday" holds Friday.
"Before" and "after" leave their point out.
"""

from __future__ import annotations

from dataclasses import replace

from .calendar import DAY, Calendar, Recurring, Span, month_days
from .dates import Said, inside, month_each_year
from ..grammar import Rule, rule
from .units import midpoint


def between(calendar: Calendar, a: Said, b: Said) -> Span | None:
    """What comes round is taken from the side that is certain, or else the last that has begun."""
    if isinstance(b, Span) and b.begin is not None:
        first = a if isinstance(a, Span) else a.latest(b.begin)
        second: Span | None = b
    else:
        first = calendar.resolve(a)
        second = (
            b if isinstance(b, Span) or first is None or first.begin is None else b.following(first.begin)
        )
    if first is None or second is None or first.begin is None or second.end is None:
        return None
    if second.end <= first.begin:
        return None
    bare = first.bare_year and second.bare_year
    return Span(first.begin, second.end, second.grain, bare)


def _instant(calendar: Calendar, said: Said, side: int) -> Said | None:
    """ "The end of June" as one end of a range: nothing long, but a moment."""
    if isinstance(said, Recurring):
        return Recurring(
            lambda moment: (s for near in said.around(moment) if (s := _edge(near, side)) is not None)
        )
    return _edge(said, side)


def _edge(span: Span, side: int) -> Span | None:
    if span.begin is None or span.end is None:
        return None
    at = (span.begin, midpoint(span), span.end)[side]
    return replace(span, begin=at, end=at, bare_year=False)


def _dates_in_month(calendar: Calendar, first: int, last: int, month_ref: Said) -> Span | None:
    """ "March 3 to 10", "4 to 22 January 1995"; of "27 to 3 of April" the first lies in March."""
    month = calendar.resolve(month_ref)
    if month is None:
        return None
    end = inside(month_days(last), month)
    return end and between(calendar, month_days(first), end)


def _date_to_day(calendar: Calendar, first: int, day: Said) -> Span | None:
    """ "From 4 to January 22, 1995"."""
    last = calendar.resolve(day)
    return last and between(calendar, month_days(first), last)


def _dates_from_month(calendar: Calendar, month_ref: Said, first: int, last: int) -> Span | None:
    """ "April 27 to the third": the second lies in May."""
    month = calendar.resolve(month_ref)
    begin = month and inside(month_days(first), month)
    if (
        isinstance(month_ref, Recurring)
        and begin
        and begin.begin
        and begin.begin > calendar.now
        and month
        and month.begin
    ):
        earlier = month_ref.latest(month.begin - DAY)
        begin = earlier and inside(month_days(first), earlier)
    return begin and between(calendar, begin, month_days(last))


def _dates_from_month_of_year(
    calendar: Calendar, month_ref: Recurring, first: int, last: int, year_span: Span
) -> Span | None:
    month = inside(month_ref, year_span)
    return month and _dates_from_month(calendar, month, first, last)


def _weekdays_in_week(calendar: Calendar, week: Span, a: Recurring, b: Recurring) -> Span | None:
    first, second = inside(a, week), inside(b, week)
    return first and second and between(calendar, first, second)


def _since(calendar: Calendar, point: Said) -> Span | None:
    span = calendar.resolve(point)
    return span and span.begin and replace(span, end=None)


def _after(calendar: Calendar, point: Said) -> Span | None:
    span = calendar.resolve(point)
    return span and span.end and replace(span, begin=span.end, end=None)


def _before(calendar: Calendar, point: Said) -> Span | None:
    span = calendar.resolve(point)
    return span and span.begin and replace(span, begin=None, end=span.begin)


def _until(calendar: Calendar, point: Said) -> Span | None:
    span = calendar.resolve(point)
    return span and span.end and replace(span, begin=None)


TO = "to|until|till|til|through|thru|-"

POINTS: tuple[Rule, ...] = (
    *rule("period", lambda _, said: said, "<said>"),
    *rule("plain_point", lambda _, p: p, "<p:said>", "<p:weak>", "on? the? <p:day>"),
    *rule("point", lambda _, p: p, "<p:plain_point>", "the? <p:date_of_any_month_digits>"),
    *rule("date_of_any_month_digits", lambda _, n: month_days(n), "<n:date_number> st|nd|rd|th"),
    *rule("edge", lambda c, p: _instant(c, p, 0), "the? beginning|start of the? <p:container>"),
    *rule("edge", lambda c, p: _instant(c, p, 1), "the? middle of the? <p:container>"),
    *rule("edge", lambda c, p: _instant(c, p, 2), "the? end|close of the? <p:container>"),
    *rule("now", lambda c: c.day(0), "now", "the? current date", "date"),
    *rule("instant", lambda _, moment: replace(moment, end=moment.begin), "<moment>"),
    *rule("side", lambda _, p: p, "<p:edge>", "<p:now>", "<p:instant>", "<p:point>"),
)

BETWEEN: tuple[Rule, ...] = (
    *rule(
        "period",
        _dates_in_month,
        f"from|between? the? <first:date_digits> {TO}|and the? <last:date_digits> of|in? <month_ref>",
    ),
    *rule(
        "period",
        _dates_in_month,
        f"from|between the? <first:nth> {TO}|and the? <last:nth> of|in? <month_ref>",
    ),
    *rule(
        "period",
        _dates_from_month,
        f"from|between? <month_ref:month_alone> the? <first:date> {TO}|and the? <last:date>",
    ),
    *rule(
        "period",
        _dates_from_month,
        f"<month_ref:month_alone> from|between the? <first:date> {TO}|and the? <last:date>",
    ),
    *rule("period", between, f"from <a:side> {TO} <b:side>", "between <a:side> and|to|through|- <b:side>"),
    *rule("period", between, f"from <a:side> up to <b:side>", f"in? <a:plain_point> {TO} <b:side>"),
    *rule("period", _date_to_day, "from the? <first:date> to|until|till|through|- <day>"),
    *rule(
        "period",
        _dates_from_month_of_year,
        f"from|between? <month_ref:month_alone> the? <first:date> {TO}|and the? <last:date> ,? of|in? <year_span>",
        f"<month_ref:month_alone> from|between the? <first:date> {TO}|and the? <last:date> ,? of|in? <year_span>",
    ),
    *rule("month_alone", month_each_year, "<month>"),
    *rule(
        "period", _weekdays_in_week, f"<week:week_ref> from|between? <a:any_weekday> {TO}|and <b:any_weekday>"
    ),
    *rule(
        "period",
        _weekdays_in_week,
        f"from|between? <a:any_weekday> {TO}|and <b:any_weekday> of? <week:week_ref>",
    ),
)

OPEN: tuple[Rule, ...] = (
    *rule(
        "period",
        _since,
        "since on? <point:side>",
        "starting|beginning|effective in|on|from|with? <point>",
        "as of <point>",
    ),
    *rule(
        "period",
        _since,
        "from <point> on|onward|onwards|forward",
        "<point:year_span> or|and later|after|newer|onward|onwards|greater",
    ),
    *rule("period", _since, "<point:day> or|and later|after|onward|onwards", "no|not earlier than <point>"),
    *rule("period", _after, "after|following <point:side>", "later|newer than <point>"),
    *rule(
        "period",
        _before,
        "before|preceding <point:side>",
        "prior to <point:side>",
        "earlier|older than <point>",
    ),
    *rule(
        "period",
        _until,
        "until|till|til|through|thru|by <point:side>",
        "up to|until|till (and including)? <point:side>",
    ),
    *rule(
        "period",
        _until,
        "no|not later than <point>",
        "<point:year_span> or|and earlier|before|older",
        "<point:day> or|and earlier|before",
    ),
)

RULES = (*POINTS, *BETWEEN, *OPEN)
