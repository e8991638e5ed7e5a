"""Days, months and years by their names and numbers: "May 3rd, 2024", "3/2024", "last Monday", "in 2014"."""

from __future__ import annotations

from dataclasses import replace

from ..grammar import Rule, rule
from .calendar import (
    DAY,
    Calendar,
    Recurring,
    Said,
    Span,
    add,
    dated,
    month_days,
    nth_weekday,
    weekdays,
    yearly,
)
from .lexicon import full_year


def month_each_year(_: Calendar, month: int) -> Recurring:
    return yearly(lambda year: dated(year, month, unit="month"))


def _month_in(calendar: Calendar, month: int, year_span: Span) -> Span | None:
    return month_each_year(calendar, month).inside(year_span)


def _month(_: Calendar, year: int, month: int) -> Span | None:
    return dated(year, month, unit="month")


def _short_month(_: Calendar, month: int, two: int) -> Span | None:
    """As "August 99", where 99 cannot be a day."""
    return dated(full_year(two), month, unit="month") if two > 31 else None


def _pointed_month(calendar: Calendar, rel: int, month: int) -> Span | None:
    """As "last May", which is over; "next May" is to come, "this May" lies in this year."""
    each = month_each_year(calendar, month)
    if rel == 0:
        return _month(calendar, calendar.now.year, month)
    if rel > 0:
        return each.following(calendar.now)
    return each.latest(add(calendar.now, "month", -1))


def _date(_: Calendar, year: int, month: int, date: int) -> Span | None:
    return dated(year, month, date)


def _date_each_year(_: Calendar, month: int, date: int) -> Recurring | None:
    # 2000 is a leap year: a date it does not have, no year has.
    return yearly(lambda year: dated(year, month, date)) if dated(2000, month, date) else None


def _date_in(calendar: Calendar, month: int, date: int, year_span: Span) -> Span | None:
    each = _date_each_year(calendar, month, date)
    return each.inside(year_span) if each else None


def _american(_: Calendar, a: int, b: int, year: int) -> Span | None:
    """Month first, unless that cannot be."""
    return dated(year, b, a) if a > 12 else dated(year, a, b)


def _american_each_year(calendar: Calendar, a: int, b: int) -> Recurring | None:
    return _date_each_year(calendar, b, a) if a > 12 else _date_each_year(calendar, a, b)


def _beside_weekday(_: Calendar, day: Said, **_beside: int) -> Said:
    """Beside a date a weekday says nothing new."""
    return day


def _on_weekday(calendar: Calendar, weekday: int, each: Recurring) -> Said:
    """Beside "the 11th" a weekday picks the month: this one if it fits."""
    this = each.inside(calendar.unit("month"))
    if this and this.begin.weekday() == weekday:
        return this
    return each.each(lambda span: span if span.begin.weekday() == weekday else None)


def _pointed_weekday(calendar: Calendar, rel: int, weekday: int) -> Span:
    """As "last", "this" and "next" Monday, which lie in last, this and next week."""
    return calendar.weekday_of(calendar.unit("week", rel), weekday)


def _past_weekday(calendar: Calendar, weekday: int) -> Span | None:
    return weekdays(weekday).latest(calendar.today - DAY)


def _in_month(said: Said, day: int, weekday: int | None = None) -> Said | None:
    """A date of a month, or its nth weekday; if the month comes round, so does the day."""
    if weekday is None and day < 1:
        return None

    def of(month: Span) -> Span | None:
        if weekday is not None:
            return nth_weekday(month, weekday, day)
        return dated(month.begin.year, month.begin.month, day)

    return of(said) if isinstance(said, Span) else said.each(of)


def _date_of_month(_: Calendar, nth: int, month_ref: Said) -> Said | None:
    return _in_month(month_ref, nth)


def _nth_weekday(_: Calendar, weekday: int, month_ref: Said, nth: int = -1) -> Said | None:
    return _in_month(month_ref, nth, weekday)


def _bare_year(_: Calendar, year: int) -> Span | None:
    span = dated(year, unit="year")
    return span and replace(span, bare_year=True)


def _pointed_fiscal_year(calendar: Calendar, rel: int) -> Span | None:
    return calendar.fiscal_year(calendar.this_fiscal_year() + rel)


YEARS: tuple[Rule, ...] = (
    *rule("bare_year", _bare_year, "<year>"),
    *rule(
        "named_year",
        lambda _, year: dated(year, unit="year"),
        "the? calendar? year of? <year>",
        "cy '? <year:any_year>",
    ),
    *rule("named_year", lambda c, rel: c.unit("year", rel), "the? <rel> calendar? year"),
    *rule("named_year", lambda c, year: c.fiscal_year(year), "fy|fiscal year? '? <year:any_year>"),
    *rule("named_year", _pointed_fiscal_year, "the? <rel> fiscal|financial year", "the? <rel> fy"),
    *rule("year_span", lambda _, span: span, "<span:bare_year>", "<span:named_year>"),
    *rule("year_span", lambda c: c.unit("year"), "the year"),
    *rule("said", lambda _, span: span, "<span:named_year>"),
    *rule("weak", lambda _, span: span, "<span:bare_year>"),
    *rule("rel", lambda _, n: n, "<n:this>", "<n:last>", "<n:next>"),
)

MONTHS: tuple[Rule, ...] = (
    *rule(
        "said",
        _month_in,
        "(the? month of)? <month> ,? of|in|-|/? <year_span>",
        "<year_span> 's? ,? -|/? <month>",
    ),
    *rule("said", lambda c, month, two: _month(c, full_year(two), month), "<month> of <two:two_digits>"),
    *rule("said", _short_month, "<month> <two:two_digits>"),
    *rule(
        "said",
        _month,
        "<year:year_digits> -|/|. <month:month_number>",
        "<month:month_number> -|/ <year:year_digits>",
    ),
    *rule("said", _pointed_month, "the? <rel> <month>"),
    *rule("said", month_each_year, "<month:clear_month> .?", "the? month of <month>"),
    *rule("month_ref", month_each_year, "<month>"),
    *rule("month_ref", _month_in, "<month> ,? of|in? <year_span>"),
    *rule("month_ref", lambda c, rel: c.unit("month", rel), "the? <rel> month"),
    *rule("month_ref", lambda c: c.unit("month"), "the month"),
    *rule("weak", month_each_year, "<month>"),
)

DAYS: tuple[Rule, ...] = (
    *rule("date", lambda _, n: n, "<n:date_number>", "<n:nth>", "<n:below_hundred>"),
    *rule("date_digits", lambda _, n: n, "<n:date_number>", "<n:date_number> st|nd|rd|th"),
    *rule("day", _date_each_year, "<month> -|/? the? <date>", "<month> , <date:nth>"),
    *rule(
        "day",
        _date_each_year,
        "the? <date:date_digits> -|/|.? of? <month>",
        "the? <date:nth> day? of? <month>",
    ),
    *rule("day", _date_in, "<month> -|/? the? <date> ,|-|/? of|in? <year_span>"),
    *rule("day", _date_in, "the? <date:date_digits> -|/|.? of? <month> ,|-|/? of|in? <year_span>"),
    *rule("day", _date_in, "the? <date:nth> day? of? <month> ,? of|in? <year_span>"),
    *rule("day", _date, "<year:year_digits> -|/|. <month:month_number> -|/|. <date:date_number>"),
    *rule("day", _date, "<year:year_digits> -|/ <month> -|/ <date>"),
    *rule("day", _american, "<a:date_number> -|/ <b:date_number> -|/ <year:any_year>"),
    *rule("day", _american, "<a:date_number> / <b:date_number> , <year:year_digits>"),
    *rule(
        "day", lambda _, a, b, year: dated(year, b, a), "<a:date_number> . <b:month_number> . <year:any_year>"
    ),
    *rule("day", _date_of_month, "the? <nth> day? (of|in)? <month_ref>"),
    *rule("date_of_any_month", lambda _, n: month_days(n), "the <n:date>", "<n:date_number> st|nd|rd|th"),
    *rule("whole_day", lambda _, day: day, "<day>"),
    *rule("whole_day", _beside_weekday, "<rel>? <weekday> ,|-? <day>", "<rel>? <weekday> ,? <day:slash_day>"),
    *rule("whole_day", _on_weekday, "<weekday> ,? <each:date_of_any_month>"),
    *rule("whole_day", lambda c: c.unit("day"), "today"),
    *rule("whole_day", lambda c: c.unit("day", -1), "yesterday"),
    *rule("whole_day", lambda c: c.unit("day", 1), "tomorrow|tmrw"),
    *rule("whole_day", lambda c: c.unit("day", -2), "the? day before yesterday"),
    *rule("whole_day", lambda c: c.unit("day", 2), "the? day after tomorrow|tmrw"),
    *rule("said", lambda _, day: day, "<day:whole_day>", "<day:clear_weekday>"),
    *rule("slash_day", _american_each_year, "<a:date_number> / <b:date_number>"),
    *rule("nth_day", lambda _, n: month_days(n), "the <n:date_number> st|nd|rd|th"),
    *rule("weak", lambda _, day: day, "<day:slash_day>", "<day:nth_day>", "<day:any_weekday>"),
)

WEEKDAYS: tuple[Rule, ...] = (
    *rule("clear_weekday", lambda _, weekday: weekdays(weekday), "<weekday:weekday_name>"),
    *rule("any_weekday", lambda _, weekday: weekdays(weekday), "<weekday>"),
    *rule("week_ref", lambda c, rel: c.unit("week", rel), "the? <rel> week"),
    *rule("whole_day", _past_weekday, "the|this? past <weekday>"),
    *rule("whole_day", _pointed_weekday, "the? <rel> <weekday>"),
    *rule(
        "whole_day",
        Calendar.weekday_of,
        "<weekday> ,? of|in? <week:week_ref>",
        "<week:week_ref> 's? ,? on? <weekday>",
    ),
    *rule(
        "whole_day",
        _nth_weekday,
        "the? <nth> <weekday> (of|in)? <month_ref>",
        "the? last <weekday> of|in <month_ref>",
    ),
)

RULES = (*YEARS, *MONTHS, *DAYS, *WEEKDAYS)
