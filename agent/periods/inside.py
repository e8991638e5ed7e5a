"""Parts of the year and units inside others: "Q3 2024", "first half of 2023", "week 12", "the 90s"."""

from __future__ import annotations

from dataclasses import replace

from ..grammar import Rule, rule
from .calendar import DAY, Calendar, Recurring, Span, add, dated, midpoint, whole, yearly


def _quarter_each_year(_: Calendar, number: int) -> Recurring:
    return yearly(lambda year: dated(year, number * 3 - 2, unit="quarter"))


def _half_each_year(_: Calendar, number: int) -> Recurring:
    return yearly(lambda year: dated(year, number * 6 - 5, unit="half"))


def _fiscal_quarter(calendar: Calendar, number: int) -> Recurring:
    return yearly(lambda year: (span := calendar.fiscal_year(year)) and _quarter_of(calendar, span, number))


def _quarter_of(_: Calendar, year_span: Span, number: int) -> Span:
    return whole(add(year_span.begin, "quarter", number - 1), "quarter")


def _half_of(_: Calendar, year_span: Span, number: int) -> Span:
    return whole(add(year_span.begin, "half", number - 1), "half")


def _quarter_of_digits(_: Calendar, number: int, year: int) -> Span | None:
    return dated(year, number * 3 - 2, unit="quarter")


def _pointed_fiscal_quarter(calendar: Calendar, rel: int) -> Span:
    passed = (calendar.now.month - calendar.fiscal_year_starts) % 3
    return whole(add(calendar.unit("month", -passed).begin, "quarter", rel), "quarter")


QUARTERS: tuple[Rule, ...] = (
    *rule("quarter_nth", lambda _, nth: nth if 1 <= nth <= 4 else None, "<nth>"),
    *rule("half_nth", lambda _, nth: nth if 1 <= nth <= 2 else None, "<nth>"),
    *rule(
        "a_quarter",
        lambda _, n: n,
        "q <n:quarter_number>",
        "the? <n:quarter_nth> quarter",
        "quarter <n:quarter_number>",
    ),
    *rule("said", _quarter_each_year, "<number:a_quarter>"),
    *rule(
        "said",
        _quarter_of,
        "<number:a_quarter> ,|-|/? of|in? <year_span>",
        "<year_span> 's? ,|-|/? <number:a_quarter>",
    ),
    *rule("said", _quarter_of_digits, "<number:quarter_number> q '? <year:any_year>"),
    *rule(
        "said",
        _fiscal_quarter,
        "fiscal q <number:quarter_number>",
        "the? <number:quarter_nth> fiscal quarter",
    ),
    *rule("said", _pointed_fiscal_quarter, "the? <rel> fiscal quarter"),
    *rule("said", _half_each_year, "h <number:half_number>"),
    *rule("said", _half_of, "h <number:half_number> ,|-|/? of|in? <year_span>"),
    *rule(
        "said",
        _half_of,
        "<year_span> 's? ,|-|/? h <number:half_number>",
        "<year_span> 's? ,? the? <number:half_nth> half",
    ),
)


def _nth_unit(calendar: Calendar, unit: str, container: Span, nth: int = -1) -> Span | None:
    """As "the third month of 2021", "the last day of this quarter", "the first week of October"."""
    if unit == "week":
        return calendar.week_of(container, nth)
    begin = add(container.begin, unit, nth - 1) if nth > 0 else add(container.end, unit, nth)
    found = whole(begin, unit)
    return found if container.begin <= begin and found.end <= container.end else None


def _first_units(calendar: Calendar, count: int, unit: str, container: Span) -> Span | None:
    first = _nth_unit(calendar, unit, container, 1)
    return first and Span(first.begin, add(first.begin, unit, count), unit)


def _last_units(calendar: Calendar, count: int, unit: str, container: Span) -> Span | None:
    last = _nth_unit(calendar, unit, container, -1)
    return last and Span(add(last.end, unit, -count), last.end, unit)


def _half(calendar: Calendar, container: Span, number: int = 2) -> Span:
    """Half of the months of a year, else half of the days."""
    if container.grain == "year":
        return _half_of(calendar, container, number)
    middle = midpoint(container)
    return replace(container, end=middle) if number == 1 else replace(container, begin=middle)


INSIDE: tuple[Rule, ...] = (
    *rule("container", lambda _, c: c, "<c:said>", "<c:weak>"),
    *rule("container", lambda c, unit: c.unit(unit), "the? <unit:long_unit>"),
    *rule("whole", lambda c, container: c.resolve(container), "<container>"),
    *rule(
        "said",
        _nth_unit,
        "the? <nth> <unit> of|in <container:whole>",
        "the? <nth> <unit> <container:year_span>",
    ),
    *rule("said", _nth_unit, "the? last|final <unit> of|in <container:whole>"),
    *rule("said", _first_units, "the? first <count> <unit> of|in <container:whole>"),
    *rule("said", _first_units, "the? first <count> <unit> <container:year_span>"),
    *rule("said", _last_units, "the? last|final <count> <unit> of <container:whole>"),
    *rule(
        "said",
        _half,
        "the? <number:half_nth> half of|in <container:whole>",
        "the? last half of <container:whole>",
    ),
)


def _numbered_week(calendar: Calendar, number: int, year_span: Span | None = None) -> Span:
    return calendar.week_of(year_span or calendar.unit("year"), number)


def _week_around(calendar: Calendar, fixed: Span) -> Span:
    return calendar.unit("week", 0, fixed.begin)


def _weekend(calendar: Calendar, rel: int) -> Span:
    """Saturday and Sunday."""
    saturday = calendar.weekday_of(calendar.unit("week", rel), 5).begin
    return Span(saturday, saturday + 2 * DAY, "day")


def _last_weekend(calendar: Calendar) -> Span:
    """The last that has begun: a question looks back."""
    this = _weekend(calendar, 0)
    return this if this.begin <= calendar.now else _weekend(calendar, -1)


def weekend_of(_: Calendar, fixed: Span) -> Span:
    """The nearest Saturday and Sunday, and the days that join them to this one."""
    weekday = fixed.begin.weekday()
    saturday = fixed.begin + DAY * (5 - weekday if weekday > 1 else -2 - weekday)
    return Span(min(saturday, fixed.begin), max(saturday + 2 * DAY, fixed.begin + DAY), "day")


WEEKS: tuple[Rule, ...] = (
    *rule("said", _numbered_week, "the? week|wk <number:week_number>"),
    *rule("said", _numbered_week, "the? week|wk <number:week_number> ,? of|in? <year_span>"),
    *rule("said", _numbered_week, "<year_span:bare_year> -? w|wk|week <number:week_number>"),
    *rule("said", _numbered_week, "w <number:week_number> ,|-? <year_span:bare_year>"),
    *rule(
        "said", _week_around, "the? week of|commencing|beginning|starting on? the? <fixed>", "w / c <fixed>"
    ),
    *rule("said", _weekend, "the? <rel> weekend"),
    *rule("said", _last_weekend, "the weekend"),
    *rule("said", lambda c: _weekend(c, 2), "the? weekend after the? next"),
    *rule("said", weekend_of, "the? weekend of <fixed>"),
)


def _decade(calendar: Calendar, digits: int) -> Span | None:
    """Two digits name the last such decade that has begun."""
    century = calendar.now.year // 100 * 100
    year = digits + (century if century + digits <= calendar.now.year else century - 100)
    return _full_decade(calendar, year)


def _full_decade(_: Calendar, year: int) -> Span | None:
    return dated(year, unit="decade") if year % 10 == 0 else None


def _century(_: Calendar, nth: int) -> Span | None:
    return dated((nth - 1) * 100, unit="century") if nth > 1 else None


DECADES: tuple[Rule, ...] = (
    *rule("said", _full_decade, "the? <year:year_digits> '? s", "the? <year:year_digits> 's"),
    *rule(
        "written_decade", lambda _, n: n, "'? <n:two_digits> '? s", "'? <n:two_digits> 's", "<n:decade_name>"
    ),
    *rule("said", _decade, "the <digits:written_decade>"),
    *rule("weak", _decade, "<digits:written_decade>"),
    *rule(
        "said", lambda c, teen, tens: _full_decade(c, teen * 100 + tens), "the? <teen> -? <tens:decade_name>"
    ),
    *rule("said", lambda c, tens: _full_decade(c, 2000 + tens), "the? twenty -? <tens:decade_name>"),
    *rule("said", _century, "the? <nth> century"),
)

RULES = (*QUARTERS, *INSIDE, *WEEKS, *DECADES)
