"""Units counted from now or a point: "last quarter", "past 7 days", "two weeks ago", "a day after May"."""

from __future__ import annotations

from datetime import datetime

from ..grammar import Rule, rule
from .calendar import DAY, Calendar, Span, add, stretch

_FROM_NOW = ("second", "minute", "hour")
_ALIGNED = ("quarter", "decade", "century", "fortnight")
"""Several of these are counted in whole ones; days, weeks, months and years in stretches up to today."""

Duration = tuple[tuple[int, str], ...]


def _pointed(calendar: Calendar, rel: int, unit: str) -> Span | None:
    """As "last month". The last hour is the one up to now; "last second" means no time."""
    if unit == "second":
        return None
    return _counted(calendar, rel, 1, unit) if unit in _FROM_NOW and rel else calendar.unit(unit, rel)


def _counted(calendar: Calendar, rel: int, count: int, unit: str) -> Span:
    """Up to today and without it, or from tomorrow on; hours and minutes up to now or from now on."""
    if unit in _ALIGNED:
        return _whole_ones(calendar, rel, count, unit)
    near = calendar.now if unit in _FROM_NOW else calendar.today if rel < 0 else calendar.today + DAY
    return stretch(near, add(near, unit, rel * count), unit)


def _whole_ones(calendar: Calendar, rel: int, count: int, unit: str) -> Span:
    begin = add(calendar.floor(calendar.now, unit), unit, -count if rel < 0 else 1)
    return Span(begin, add(begin, unit, count), unit)


def _business_days(calendar: Calendar, rel: int, count: int) -> Span:
    """So many days from Monday to Friday, before today or after it."""
    near = at = calendar.today if rel < 0 else calendar.today + DAY
    while count:
        passed = at - DAY if rel < 0 else at
        count -= passed.weekday() < 5
        at += DAY * rel
    return stretch(near, at, "day")


def _working_week(calendar: Calendar, rel: int) -> Span:
    monday = calendar.weekday_of(calendar.unit("week", rel), 0).begin
    return Span(monday, monday + 5 * DAY, "day")


def moved(moment: datetime, duration: Duration, sign: int) -> datetime:
    for count, unit in duration:
        moment = add(moment, unit, sign * count)
    return moment


def _away(calendar: Calendar, duration: Duration, sign: int, moment: datetime | None = None) -> Span:
    """The day, or the hour, that is so far from a moment (now)."""
    finest = "hour" if any(unit in _FROM_NOW for _, unit in duration) else "day"
    return calendar.unit(finest, 0, moved(moment or calendar.now, duration, sign))


def _within(calendar: Calendar, duration: Duration) -> Span:
    near = calendar.now if duration[-1][1] in _FROM_NOW else calendar.today
    return Span(near, moved(near, duration, 1), duration[-1][1])


def _stretch(_: Calendar, duration: Duration, fixed: Span, sign: int) -> Span:
    """The whole time before or after, without the point: "the two weeks before Christmas"."""
    edge = fixed.begin if sign < 0 else fixed.end
    return stretch(edge, moved(edge, duration, sign), duration[-1][1])


def _nearer(calendar: Calendar, duration: Duration, sign: int, fixed: Span | None = None) -> Span:
    """As "less than 30 days ago", "within two weeks after Christmas"."""
    near = fixed.begin if fixed else calendar.today
    return stretch(near, moved(near, duration, sign), duration[-1][1])


def _starting(_: Calendar, duration: Duration, fixed: Span) -> Span:
    return Span(fixed.begin, moved(fixed.begin, duration, 1), duration[-1][1])


def _ending(_: Calendar, duration: Duration, fixed: Span) -> Span:
    """As "the 12 months ending March 2024"."""
    return Span(moved(fixed.end, duration, -1), fixed.end, duration[-1][1])


def _unit_ending(_: Calendar, unit: str, fixed: Span) -> Span:
    return Span(add(fixed.end, unit, -1), fixed.end, unit)


def _joined(_: Calendar, a: Duration, b: Duration = (), d: Duration = ()) -> Duration:
    return a + b + d


FROM_NOW: tuple[Rule, ...] = (
    *rule("said", _pointed, "the? <rel> calendar|full|whole|complete|completed|entire? <unit>"),
    *rule("said", lambda c, unit: c.unit(unit, 2), "the? <unit:long_unit> after the? next"),
    *rule("said", lambda c, unit: c.unit(unit, -2), "the? <unit:long_unit> before the? last"),
    *rule("whole_unit", lambda c, unit: c.unit(unit), "the <unit:long_unit>"),
    *rule(
        "said", _counted, "the? <rel:rolling> <count> -? <unit>", "the? <count> <rel:rolling> <unit:units>"
    ),
    *rule("said", _counted, "the? <rel:next> <count> -? <unit>", "the? <count> <rel:next> <unit:units>"),
    *rule(
        "said", _whole_ones, "the? <rel:rolling> <count> full|complete|completed|whole|calendar|entire <unit>"
    ),
    *rule("said", lambda c: _counted(c, -1, 12, "month"), "ttm|ltm"),
    *rule("said", _business_days, "the? <rel:rolling> <count> business|working|work days|day"),
    *rule("said", _business_days, "the? <rel:next> <count> business|working|work days|day"),
    *rule("said", _working_week, "<rel> working|business|work week", "<rel> workweek"),
)

DURATIONS: tuple[Rule, ...] = (
    *rule("length", lambda _, count, unit: ((count, unit),), "<count> <unit>"),
    *rule("one_unit", lambda _, unit: ((1, unit),), "<unit:long_unit>"),
    *rule("one_unit", lambda _: ((1, "day"),), "day"),
    *rule("the_duration", lambda _, d: d, "the <d:duration>", "the <d:one_unit>"),
    *rule("duration", _joined, "<a:length> (,? and? <b:length>)? (,? and? <d:length>)?"),
    *rule("said", lambda c, duration: _away(c, duration, -1), "<duration> ago|back"),
    *rule("said", lambda c, duration: _away(c, duration, 1), "<duration> from now", "<duration> later|hence"),
    *rule("said", _within, "within the? next|coming|upcoming? <duration>"),
    *rule(
        "said",
        lambda c, duration: _nearer(c, duration, -1),
        "less|fewer than <duration> ago",
        "newer than <duration>",
    ),
)

FROM_POINT: tuple[Rule, ...] = (
    *rule("fixed", lambda c, point: c.resolve(point), "<point>"),
    *rule(
        "said", lambda c, duration, fixed: _away(c, duration, -1, fixed.begin), "<duration> before <fixed>"
    ),
    *rule(
        "said", lambda c, duration, fixed: _away(c, duration, 1, fixed.begin), "<duration> after|from <fixed>"
    ),
    *rule(
        "said",
        lambda c, duration, fixed: _stretch(c, duration, fixed, -1),
        "<duration:the_duration> before|preceding <fixed>",
        "<duration:the_duration> prior|up|leading up? to <fixed>",
    ),
    *rule(
        "said",
        lambda c, duration, fixed: _stretch(c, duration, fixed, 1),
        "<duration:the_duration> after|following <fixed>",
    ),
    *rule(
        "said",
        lambda c, duration, fixed: _nearer(c, duration, -1, fixed),
        "less|fewer than <duration> before <fixed>",
        "within <duration> before <fixed>",
    ),
    *rule(
        "said",
        lambda c, duration, fixed: _nearer(c, duration, 1, fixed),
        "less|fewer than <duration> after|from <fixed>",
        "within <duration> after|of|from <fixed>",
    ),
    *rule("said", _ending, "the? <duration> ending|ended in|on|with? <fixed>"),
    *rule("said", _unit_ending, "the? <unit:long_unit> ending|ended in|on|with? <fixed>"),
    *rule("said", _starting, "for? <duration> ,? starting|beginning|from from|on? <fixed>"),
)

RULES = (*FROM_NOW, *DURATIONS, *FROM_POINT)
