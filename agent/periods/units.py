"""Units counted from now or inside others: "last quarter", "past 7 days", "Q3 2024", "first half of 2023"."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .calendar import DAY, Calendar, Recurring, Span, add, day, whole, yearly
from .dates import Said
from ..grammar import Rule, rule

_FROM_NOW = ("second", "minute", "hour")
_ALIGNED = ("quarter", "decade", "century", "fortnight")
"""Several of these are counted in whole ones; days, weeks, months and years in stretches up to today."""


def _pointed_unit(calendar: Calendar, rel: int, unit: str) -> Span | None:
    if unit in _FROM_NOW and rel:
        return None if unit == "second" else _counted(calendar, rel, 1, unit)
    return None if unit == "second" else calendar.unit(unit, rel)


def _counted(calendar: Calendar, rel: int, count: int, unit: str) -> Span:
    """Up to today and without it, or from tomorrow on; hours and minutes up to now or from now on."""
    if unit in _ALIGNED:
        return _whole_ones(calendar, rel, count, unit)
    if unit in _FROM_NOW:
        begin = calendar.now
    else:
        begin = calendar.today if rel < 0 else calendar.today + DAY
    other = add(begin, unit, rel * count)
    return Span(min(begin, other), max(begin, other), unit)


def _whole_ones(calendar: Calendar, rel: int, count: int, unit: str) -> Span:
    current = calendar.floor(calendar.now, unit)
    begin = add(current, unit, -count if rel < 0 else 1)
    return Span(begin, add(begin, unit, count), unit)


Duration = tuple[tuple[int, str], ...]


def moved(moment: datetime, duration: Duration, sign: int) -> datetime:
    for count, unit in duration:
        moment = add(moment, unit, sign * count)
    return moment


def finest(duration: Duration) -> str:
    return "hour" if any(unit in _FROM_NOW for _, unit in duration) else "day"


def _from_now(calendar: Calendar, duration: Duration, sign: int) -> Span:
    """The day, or the hour, that is so far away."""
    return calendar.unit(finest(duration), 0, moved(calendar.now, duration, sign))


def _ago(calendar: Calendar, duration: Duration) -> Span:
    return _from_now(calendar, duration, -1)


def _hence(calendar: Calendar, duration: Duration) -> Span:
    return _from_now(calendar, duration, 1)


def _within(calendar: Calendar, duration: Duration) -> Span:
    begin = calendar.now if finest(duration) == "hour" else calendar.today
    return Span(begin, moved(begin, duration, 1), duration[-1][1])


def _beside(calendar: Calendar, duration: Duration, point: Said, sign: int) -> Span | None:
    """The day so far before or after: "two days before yesterday"."""
    span = calendar.resolve(point)
    if span is None or span.begin is None:
        return None
    return calendar.unit(finest(duration), 0, moved(span.begin, duration, sign))


def _stretch_beside(calendar: Calendar, duration: Duration, point: Said, sign: int) -> Span | None:
    """The whole time before or after: "the two weeks before Christmas"."""
    span = calendar.resolve(point)
    edge = span and (span.begin if sign < 0 else span.end)
    if edge is None:
        return None
    other = moved(edge, duration, sign)
    return Span(min(edge, other), max(edge, other), duration[-1][1])


def _further(calendar: Calendar, duration: Duration, point: Said | None, sign: int) -> Span | None:
    """ "More than 30 days ago", "more than two weeks after Christmas": open to the far side."""
    span = calendar.resolve(point) if point else calendar.day()
    at = span and span.begin and calendar.unit(finest(duration), 0, moved(span.begin, duration, sign))
    if not at:
        return None
    return replace(at, begin=None, end=at.begin) if sign < 0 else replace(at, begin=at.end, end=None)


def _nearer(calendar: Calendar, duration: Duration, point: Said | None, sign: int) -> Span | None:
    """ "Less than 30 days ago", "within two weeks after Christmas"."""
    span = calendar.resolve(point) if point else calendar.day()
    if span is None or span.begin is None:
        return None
    other = moved(span.begin, duration, sign)
    return Span(min(span.begin, other), max(span.begin, other), duration[-1][1])


def _business_days(calendar: Calendar, rel: int, count: int) -> Span:
    """So many days from Monday to Friday, before today or after it."""
    near = at = calendar.today if rel < 0 else calendar.today + DAY
    while count:
        day_passed = at - DAY if rel < 0 else at
        count -= day_passed.weekday() < 5
        at += DAY * rel
    return Span(min(near, at), max(near, at), "day")


def _working_week(calendar: Calendar, rel: int) -> Span | None:
    week = calendar.unit("week", rel).begin
    monday = week and week + DAY * ((-week.weekday()) % 7)
    return monday and Span(monday, monday + 5 * DAY, "day")


def _starting(calendar: Calendar, duration: Duration, point: Said) -> Span | None:
    span = calendar.resolve(point)
    if span is None or span.begin is None:
        return None
    return Span(span.begin, moved(span.begin, duration, 1), duration[-1][1])


COUNTED: tuple[Rule, ...] = (
    *rule("said", _pointed_unit, "the? <rel> calendar|full|whole? <unit>"),
    *rule("said", lambda c, unit: c.unit(unit, 2), "the? <unit:long_unit> after the? next"),
    *rule("said", lambda c, unit: c.unit(unit, -2), "the? <unit:long_unit> before the? last"),
    *rule("said", _counted, "the? <rel:rolling> <count> -? <unit>", "the? <count> <rel:rolling> <unit>"),
    *rule("said", _counted, "the? <rel:next> <count> -? <unit>", "the? <count> <rel:next> <unit>"),
    *rule(
        "said", _whole_ones, "the? <rel:rolling> <count> full|complete|completed|whole|calendar|entire <unit>"
    ),
    *rule("said", lambda c: _counted(c, -1, 12, "month"), "ttm|ltm"),
    *rule("one_length", lambda _, count, unit: ((count, unit),), "<count> <unit>"),
    *rule(
        "duration",
        lambda _, a, b=(), d=(): a + b + d,
        "<a:one_length> (,? and? <b:one_length>)? (,? and? <d:one_length>)?",
    ),
    *rule("said", _ago, "<duration> ago|back"),
    *rule("said", _hence, "<duration> from now", "<duration> later|hence"),
    *rule("said", _within, "within the? next|coming|upcoming? <duration>"),
    *rule("said", lambda c, duration, point: _beside(c, duration, point, -1), "<duration> before <point>"),
    *rule("said", lambda c, duration, point: _beside(c, duration, point, 1), "<duration> after|from <point>"),
    *rule(
        "said",
        lambda c, duration, point: _stretch_beside(c, duration, point, -1),
        "the <duration> before|preceding <point>",
        "the <duration> prior|up|leading up? to <point>",
    ),
    *rule(
        "said",
        lambda c, duration, point: _stretch_beside(c, duration, point, 1),
        "the <duration> after|following <point>",
    ),
    *rule(
        "said",
        lambda c, duration: _further(c, duration, None, -1),
        "more|longer|earlier than <duration> ago",
        "older than <duration>",
    ),
    *rule(
        "said",
        lambda c, duration: _nearer(c, duration, None, -1),
        "less|fewer than <duration> ago",
        "newer than <duration>",
    ),
    *rule(
        "said",
        lambda c, duration, point: _further(c, duration, point, -1),
        "more|longer than <duration> before <point>",
    ),
    *rule(
        "said",
        lambda c, duration, point: _further(c, duration, point, 1),
        "more|longer than <duration> after|from <point>",
    ),
    *rule(
        "said",
        lambda c, duration, point: _nearer(c, duration, point, -1),
        "less|fewer than <duration> before <point>",
        "within <duration> before <point>",
    ),
    *rule(
        "said",
        lambda c, duration, point: _nearer(c, duration, point, 1),
        "less|fewer than <duration> after|from <point>",
        "within <duration> after|of|from <point>",
    ),
    *rule(
        "said",
        _business_days,
        "the? <rel:rolling> <count> business|working|work days|day",
        "the? <rel:next> <count> business|working|work days|day",
    ),
    *rule("said", _working_week, "<rel> working|business|work week", "<rel> workweek"),
    *rule("said", _starting, "for? <duration> ,? starting|beginning|from from|on? <point>"),
)


def _quarter_each_year(_: Calendar, number: int) -> Recurring:
    return yearly(lambda year: (begin := day(year, number * 3 - 2)) and whole(begin, "quarter"))


def _half_each_year(_: Calendar, number: int) -> Recurring:
    return yearly(lambda year: (begin := day(year, number * 6 - 5)) and whole(begin, "half"))


def _fiscal_quarter(calendar: Calendar, number: int) -> Recurring:
    return yearly(lambda year: (span := calendar.fiscal_year(year)) and _quarter_of(calendar, span, number))


def _quarter_of(_: Calendar, year_span: Span, number: int) -> Span | None:
    return year_span.begin and whole(add(year_span.begin, "quarter", number - 1), "quarter")


def _half_of(_: Calendar, year_span: Span, number: int) -> Span | None:
    return year_span.begin and whole(add(year_span.begin, "half", number - 1), "half")


def _pointed_fiscal_quarter(calendar: Calendar, rel: int) -> Span | None:
    year = calendar.fiscal_year(calendar.this_fiscal_year())
    if year is None or year.begin is None:
        return None
    passed = (calendar.now.year - year.begin.year) * 12 + calendar.now.month - year.begin.month
    return whole(add(year.begin, "quarter", passed // 3 + rel), "quarter")


QUARTERS: tuple[Rule, ...] = (
    *rule(
        "quarter",
        _quarter_each_year,
        "q <number:quarter_number>",
        "the? <number:quarter_nth> quarter",
        "quarter <number:quarter_number>",
    ),
    *rule("quarter_nth", lambda _, nth: nth if 1 <= nth <= 4 else None, "<nth>"),
    *rule("half_nth", lambda _, nth: nth if 1 <= nth <= 2 else None, "<nth>"),
    *rule("said", lambda _, quarter: quarter, "<quarter>"),
    *rule(
        "said",
        _fiscal_quarter,
        "fiscal q <number:quarter_number>",
        "the? <number:quarter_nth> fiscal quarter",
    ),
    *rule(
        "said",
        _quarter_of,
        "q <number:quarter_number> ,|-|/? of|in? <year_span>",
        "the? <number:quarter_nth> quarter ,? of|in? <year_span>",
    ),
    *rule(
        "said",
        _quarter_of,
        "quarter <number:quarter_number> ,? of|in? <year_span>",
        "<year_span> 's? ,|-|/? q <number:quarter_number>",
    ),
    *rule("said", _quarter_of, "<year_span> 's? ,? the? <number:quarter_nth> quarter"),
    *rule(
        "said",
        lambda c, number, year: _quarter_of(c, c.year(year), number),
        "<number:quarter_number> q '? <year:any_year>",
    ),
    *rule(
        "said",
        lambda c, number, year: _quarter_of(c, c.year(year), number),
        "q <number:quarter_number> ' <year:two_digits_year>",
    ),
    *rule("two_digits_year", lambda _, n: 2000 + n, "<n:two_digits>"),
    *rule("said", _pointed_fiscal_quarter, "the? <rel> fiscal quarter"),
    *rule("said", _half_each_year, "h <number:half_number>"),
    *rule(
        "said",
        _half_of,
        "h <number:half_number> ,|-|/? of|in? <year_span>",
        "<year_span> 's? ,|-|/? h <number:half_number>",
    ),
    *rule("said", _half_of, "<year_span> 's? ,? the? <number:half_nth> half"),
)


def _nth_unit(calendar: Calendar, nth: int, unit: str, container: Said) -> Span | None:
    """ "The third month of 2021", "the last day of this quarter", "the first week of October"."""
    span = calendar.resolve(container)
    if span is None or span.begin is None or span.end is None:
        return None
    if unit == "week":
        return calendar.week_of(span, nth)
    begin = add(span.begin, unit, nth - 1) if nth > 0 else add(span.end, unit, nth)
    found = whole(begin, unit)
    return found if span.begin <= begin and found.end and found.end <= span.end else None


def _first_units(calendar: Calendar, count: int, unit: str, container: Said, sign: int = 1) -> Span | None:
    """ "The first two weeks of 2021", "the last four months of last year"."""
    near = _nth_unit(calendar, sign, unit, container)
    if near is None or near.begin is None or near.end is None:
        return None
    if sign > 0:
        return Span(near.begin, add(near.begin, unit, count), unit)
    return Span(add(near.end, unit, -count), near.end, unit)


def _half(calendar: Calendar, number: int, container: Said) -> Span | None:
    """Half of the months, or of the days."""
    span = calendar.resolve(container)
    if span is None or span.begin is None or span.end is None:
        return None
    middle = midpoint(span)
    if span.grain == "year":
        return _half_of(calendar, span, number)
    return replace(span, end=middle) if number == 1 else replace(span, begin=middle)


def midpoint(span: Span) -> datetime:
    """The middle of a bounded span: of a year or quarter on the day a month or half of it begins, else a midnight."""
    assert span.begin is not None and span.end is not None
    if span.grain == "year":
        return add(span.begin, "month", 6)
    return span.begin + DAY * ((span.end - span.begin).days // 2)


INSIDE: tuple[Rule, ...] = (
    *rule("container", lambda _, c: c, "<c:said>", "<c:weak>", "<c:year_span>"),
    *rule("container", lambda c, unit: c.unit(unit), "the? <unit:long_unit>"),
    *rule(
        "said",
        _nth_unit,
        "the? <nth> <unit> of|in <container>",
        "the? <nth> <unit> of|in? <container:year_span>",
    ),
    *rule(
        "said",
        lambda c, unit, container: _nth_unit(c, -1, unit, container),
        "the? last|final <unit> of|in <container>",
    ),
    *rule(
        "said",
        _first_units,
        "the? first <count> <unit> of|in <container>",
        "the? first <count> <unit> of|in? <container:year_span>",
    ),
    *rule(
        "said",
        lambda c, count, unit, container: _first_units(c, count, unit, container, -1),
        "the? last|final <count> <unit> of <container>",
    ),
    *rule("said", _half, "the? <number:half_nth> half of|in <container>"),
    *rule("said", lambda c, container: _half(c, 2, container), "the? last half of <container>"),
)


def _numbered_week(calendar: Calendar, number: int, year_span: Span | None = None) -> Span | None:
    return calendar.week_of(year_span or calendar.unit("year"), number)


def _week_around(calendar: Calendar, point: Said) -> Span | None:
    span = calendar.resolve(point)
    return span and span.begin and calendar.unit("week", 0, span.begin)


def _week_ending(calendar: Calendar, point: Said) -> Span | None:
    span = calendar.resolve(point)
    return span and span.end and Span(span.end - 7 * DAY, span.end, "week")


def _weekend(calendar: Calendar, week: Span) -> Span | None:
    """Saturday and Sunday."""
    if week.begin is None:
        return None
    saturday = week.begin + DAY * ((5 - week.begin.weekday()) % 7)
    return Span(saturday, saturday + 2 * DAY, "day")


def _last_weekend(calendar: Calendar) -> Span | None:
    """The last that has begun: a question looks back."""
    this = _weekend(calendar, calendar.unit("week"))
    if this and this.begin and this.begin > calendar.now:
        return _weekend(calendar, calendar.unit("week", -1))
    return this


def weekend_of(calendar: Calendar, point: Said) -> Span | None:
    """The nearest Saturday and Sunday, and the days that join them to this one."""
    span = calendar.resolve(point)
    if span is None or span.begin is None:
        return None
    weekday = span.begin.weekday()
    saturday = span.begin + DAY * (5 - weekday if weekday > 1 else -2 - weekday)
    return Span(min(saturday, span.begin), max(saturday + 2 * DAY, span.begin + DAY), "day")


WEEKS: tuple[Rule, ...] = (
    *rule("week_of_year", _numbered_week, "the? week|wk <number:week_number>"),
    *rule("said", lambda _, week: week, "<week:week_of_year>"),
    *rule("said", _numbered_week, "the? week|wk <number:week_number> ,? of|in? <year_span>"),
    *rule(
        "said",
        lambda c, year, number: _numbered_week(c, number, c.year(year)),
        "<year:year_digits> -? w|wk|week <number:week_number>",
    ),
    *rule(
        "said",
        lambda c, year, number: _numbered_week(c, number, c.year(year)),
        "w <number:week_number> ,|-? <year:year_digits>",
    ),
    *rule(
        "said", _week_around, "the? week of|commencing|beginning|starting on? the? <point>", "w / c <point>"
    ),
    *rule("said", _week_ending, "the? week ending|ended on? <point>"),
    *rule("said", lambda c, rel: _weekend(c, c.unit("week", rel)), "the? <rel> weekend"),
    *rule("said", _last_weekend, "the weekend"),
    *rule("whole_unit", lambda c, unit: c.unit(unit), "the <unit:long_unit>"),
    *rule("said", lambda c: _weekend(c, c.unit("week", 2)), "the? weekend after the? next"),
    *rule("said", weekend_of, "the? weekend of <point>"),
)


def _decade(calendar: Calendar, digits: int) -> Span | None:
    """Two digits name the last such decade that has begun."""
    if digits % 10:
        return None
    century = calendar.now.year // 100 * 100
    year = digits + (century if century + digits <= calendar.now.year else century - 100)
    begin = day(year, 1)
    return begin and whole(begin, "decade")


def _full_decade(_: Calendar, year: int) -> Span | None:
    begin = day(year, 1) if year % 10 == 0 else None
    return begin and whole(begin, "decade")


def _century(_: Calendar, nth: int) -> Span | None:
    begin = day((nth - 1) * 100, 1) if nth > 1 else None
    return begin and whole(begin, "century")


DECADES: tuple[Rule, ...] = (
    *rule("said", _full_decade, "the? <year:year_digits> '? s|'s"),
    *rule("said", _decade, "the '? <digits:decade_digits> '? s|'s", "the <digits:decade_name>"),
    *rule("weak", _decade, "'? <digits:decade_digits> '? s|'s", "<digits:decade_name>"),
    *rule(
        "said",
        lambda c, teen, decade_name: _full_decade(c, teen * 100 + decade_name),
        "the? <teen> -? <decade_name>",
    ),
    *rule("said", lambda c, decade_name: _full_decade(c, 2000 + decade_name), "the? twenty -? <decade_name>"),
    *rule("said", _century, "the? <nth> century"),
)

RULES = (*COUNTED, *QUARTERS, *INSIDE, *WEEKS, *DECADES)
