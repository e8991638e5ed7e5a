"""Days, months and years by their names and numbers: "May 3rd, 2024", "3/2024", "last Monday", "in 2014"."""

from __future__ import annotations

from dataclasses import replace

from .calendar import (
    DAY,
    Calendar,
    Recurring,
    Span,
    add,
    day,
    month_days,
    nth_weekday,
    weekdays,
    whole,
    yearly,
)
from ..grammar import Rule, rule
from .lexicon import full_year

Said = Span | Recurring


def inside(said: Said, container: Span) -> Span | None:
    """The one that begins in this stretch: "May" in "last year"."""
    if isinstance(said, Span) or container.begin is None or container.end is None:
        return None
    found = said.following(container.begin - DAY / 2)
    return found if found and found.begin and found.begin < container.end else None


def month_each_year(_: Calendar, month: int) -> Recurring:
    return yearly(lambda year: (begin := day(year, month)) and whole(begin, "month"))


def date_each_year(_: Calendar, month: int, date: int) -> Recurring | None:
    if day(2000, month, date) is None:
        return None
    return yearly(lambda year: (begin := day(year, month, date)) and whole(begin, "day"))


def _month_in(calendar: Calendar, month: int, year_span: Span) -> Span | None:
    return inside(month_each_year(calendar, month), year_span)


def _month(_: Calendar, year: int, month: int) -> Span | None:
    begin = day(year, month)
    return begin and whole(begin, "month")


def _pointed_month(calendar: Calendar, rel: int, month: int) -> Span | None:
    """ "Last May" is over, "next May" is to come, "this May" lies in this year."""
    each = month_each_year(calendar, month)
    if rel == 0:
        return _month(calendar, calendar.now.year, month)
    if rel > 0:
        return each.following(calendar.now)
    return each.latest(add(calendar.now, "month", -1))


def _date(_: Calendar, year: int, month: int, date: int) -> Span | None:
    begin = day(year, month, date)
    return begin and whole(begin, "day")


def _date_in(calendar: Calendar, month: int, date: int, year_span: Span) -> Span | None:
    each = date_each_year(calendar, month, date)
    return each and inside(each, year_span)


def _american(calendar: Calendar, a: int, b: int, year: int) -> Span | None:
    """Month first, unless that cannot be."""
    return _date(calendar, year, b, a) if a > 12 else _date(calendar, year, a, b)


def _american_each_year(calendar: Calendar, a: int, b: int) -> Recurring | None:
    if max(a, b) > 31 or min(a, b) > 12:
        return None
    return date_each_year(calendar, b, a) if a > 12 else date_each_year(calendar, a, b)


def _on_weekday(_: Calendar, weekday: int, each: Said) -> Said:
    """Beside "the 11th" a weekday picks the month."""
    if isinstance(each, Span):
        return each
    return Recurring(
        lambda moment: (s for s in each.around(moment) if s.begin and s.begin.weekday() == weekday)
    )


def _pointed_weekday(calendar: Calendar, rel: int, weekday: int) -> Span | None:
    """ "Last", "this" and "next" Monday lie in last, this and next week."""
    return _weekday_of(calendar, calendar.unit("week", rel), weekday)


def _weekday_of(calendar: Calendar, week: Span, weekday: int) -> Span | None:
    return week.begin and whole(week.begin + DAY * ((weekday - calendar.week_starts) % 7), "day")


def _date_of_month(_: Calendar, nth: int, month_ref: Said) -> Said | None:
    if isinstance(month_ref, Recurring):
        return Recurring(
            lambda moment: (
                found for s in month_ref.around(moment) if (found := _date_of(nth, s)) is not None
            )
        )
    return _date_of(nth, month_ref)


def _date_of(nth: int, month: Span) -> Span | None:
    begin = month.begin and day(month.begin.year, month.begin.month, nth)
    return begin and whole(begin, "day")


def _nth_weekday(_: Calendar, nth: int, weekday: int, month_ref: Said) -> Said | None:
    if isinstance(month_ref, Recurring):
        return Recurring(
            lambda moment: (
                found for s in month_ref.around(moment) if (found := nth_weekday(s, weekday, nth)) is not None
            )
        )
    return nth_weekday(month_ref, weekday, nth)


def _bare_year(calendar: Calendar, year: int) -> Span | None:
    span = calendar.year(year)
    return span and replace(span, bare_year=True)


YEARS: tuple[Rule, ...] = (
    *rule("year_span", lambda _, span: span, "<span:bare_year>", "<span:named_year>"),
    *rule("bare_year", _bare_year, "<year>"),
    *rule("weak", lambda _, span: span, "<span:bare_year>"),
    *rule("said", lambda _, span: span, "<span:named_year>"),
    *rule("named_year", lambda c, year: c.year(year), "the? calendar? year of? <year>"),
    *rule(
        "named_year", lambda c, year: c.year(full_year(year) if year < 100 else year), "cy '? <year:any_year>"
    ),
    *rule("named_year", lambda c, rel: c.unit("year", rel), "the? <rel> calendar? year"),
    *rule("year_span", lambda c: c.unit("year"), "the year"),
    *rule("named_year", lambda c, year: c.fiscal_year(year), "fy|fiscal year? '? <year:any_year>"),
    *rule("named_year", lambda c, rel: c.fiscal_year(c.this_fiscal_year() + rel), "the? <rel> fiscal year"),
    *rule(
        "named_year",
        lambda c, rel: c.fiscal_year(c.this_fiscal_year() + rel),
        "the? <rel> fy|financial year?",
    ),
    *rule("rel", lambda _, n: n, "<n:this>", "<n:last>", "<n:next>"),
)

MONTHS: tuple[Rule, ...] = (
    *rule("said", _month_in, "(the? month of)? <month> ,? of|in|-|/? <year_span>"),
    *rule("said", _month_in, "<year_span> 's? ,? -|/? <month>"),
    *rule("said", lambda c, month, two: _month(c, full_year(two), month), "<month> of <two:two_digits>"),
    *rule(
        "said",
        lambda c, month, two: _month(c, full_year(two), month) if two > 31 else None,
        "<month> <two:two_digits>",
    ),
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
    *rule("date_digits", lambda _, n: n, "<n:date_number>", "<n:date_number> st|nd|rd|th"),
    *rule(
        "day",
        date_each_year,
        "<month> -|/? the? <date>",
        "<month> , <date:nth>",
        "the? <date> -|/|.? of? <month>",
    ),
    *rule("day", _date_in, "<month> -|/? the? <date> ,|-|/? of|in? <year_span>"),
    *rule("day", _date_in, "the? <date> -|/|.? of? <month> ,|-|/? of|in? <year_span>"),
    *rule(
        "day",
        lambda c, date, month, two: _date(c, full_year(two), month, date),
        "<date> - <month> - <two:two_digits>",
    ),
    *rule("day", _date, "<year:year_digits> -|/|. <month:month_number> -|/|. <date:date_number>"),
    *rule("day", _date, "<year:year_digits> -|/ <month> -|/ <date>"),
    *rule("day", _american, "<a:date_number> -|/ <b:date_number> -|/ <year:any_year>"),
    *rule("day", _american, "<a:date_number> / <b:date_number> , <year:year_digits>"),
    *rule(
        "day",
        lambda c, a, b, year: _date(c, year, b, a),
        "<a:date_number> . <b:month_number> . <year:any_year>",
    ),
    *rule("day", _date_of_month, "the? <nth> day? (of|in)? <month_ref>"),
    *rule("whole_day", lambda _, day: day, "<day>"),
    *rule("whole_day", lambda _, weekday, day: day, "<weekday> ,|-? <day>"),
    *rule("whole_day", _on_weekday, "<weekday> ,? <each:date_of_any_month>"),
    *rule("date_of_any_month", lambda _, n: month_days(n), "the <n:date>", "<n:date_number> st|nd|rd|th"),
    *rule("slash_day", _american_each_year, "<a:date_number> / <b:date_number>"),
    *rule("nth_day", lambda _, n: month_days(n), "the <n:date_number> st|nd|rd|th"),
    *rule("weak", lambda _, day: day, "<day:slash_day>", "<day:nth_day>"),
)

WEEKDAYS: tuple[Rule, ...] = (
    *rule("said", lambda _, day: day, "<day:whole_day>", "<day:clear_weekday>"),
    *rule("clear_weekday", lambda _, weekday: weekdays(weekday), "<weekday:weekday_name>"),
    *rule("any_weekday", lambda _, weekday: weekdays(weekday), "<weekday>"),
    *rule("weak", lambda _, weekday: weekdays(weekday), "<weekday>"),
    *rule(
        "whole_day", lambda c, weekday: weekdays(weekday).latest(c.today - DAY), "the|this? past <weekday>"
    ),
    *rule("whole_day", _pointed_weekday, "the? <rel> <weekday>"),
    *rule("week_ref", lambda c, rel: c.unit("week", rel), "the? <rel> week"),
    *rule(
        "whole_day",
        _weekday_of,
        "<weekday> ,? of|in? <week:week_ref>",
        "<week:week_ref> 's? ,? on? <weekday>",
    ),
    *rule("whole_day", _nth_weekday, "the? <nth> <weekday> (of|in)? <month_ref>"),
    *rule(
        "whole_day",
        lambda _, weekday, month_ref: _nth_weekday(_, -1, weekday, month_ref),
        "the? last <weekday> of|in <month_ref>",
    ),
)

RELATIVE: tuple[Rule, ...] = (
    *rule("whole_day", lambda c: c.day(0), "today"),
    *rule("whole_day", lambda c: c.day(-1), "yesterday"),
    *rule("whole_day", lambda c: c.day(1), "tomorrow|tmrw"),
    *rule("whole_day", lambda c: c.day(-2), "the? day before yesterday"),
    *rule("whole_day", lambda c: c.day(2), "the? day after tomorrow|tmrw"),
)

RULES = (*YEARS, *MONTHS, *DAYS, *WEEKDAYS, *RELATIVE)
