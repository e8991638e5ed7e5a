"""Holidays that sales follow, and the seasons of the northern hemisphere."""

from __future__ import annotations

from collections.abc import Callable

from ..grammar import Rule, rule
from .calendar import DAY, Calendar, Recurring, Span, dated, nth_weekday, whole, yearly
from .inside import weekend_of

Holiday = Callable[[int], Span | None]


def _fixed(month: int, date: int) -> Holiday:
    return lambda year: dated(year, month, date)


def _nth(month: int, weekday: int, number: int, later: int = 0) -> Holiday:
    """The nth such weekday of a month, or some days later."""

    def at(year: int) -> Span | None:
        first = dated(year, month, unit="month")
        found = first and nth_weekday(first, weekday, number)
        return found and whole(found.begin + DAY * later, "day")

    return at


def _easter(later: int) -> Holiday:
    """Easter Sunday by the Gregorian computus, or some days later.

    Golden number and epact give the Paschal full moon; Easter is the Sunday after it.
    """

    def at(year: int) -> Span | None:
        golden, century = year % 19, year // 100
        epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
        moon = epact - (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
        weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
        near = dated(year, 3, 28)
        return near and whole(near.begin + DAY * (moon - weekday + later), "day")

    return at


_MONDAY, _THURSDAY, _SUNDAY = 0, 3, 6
_NAMED: dict[str, Holiday] = {
    "new year 's? day|s?": _fixed(1, 1),
    "new years '? day": _fixed(1, 1),
    "new year|years 's|'? eve": _fixed(12, 31),
    "martin luther king|king's jr? .? day": _nth(1, _MONDAY, 3),
    "mlk day": _nth(1, _MONDAY, 3),
    "valentine|valentines|st 's|'? day": _fixed(2, 14),
    "presidents|president '|'s? day": _nth(2, _MONDAY, 3),
    "st|saint .? patrick|patricks 's|'? day": _fixed(3, 17),
    "good friday": _easter(-2),
    "easter sunday|day?": _easter(0),
    "easter monday": _easter(1),
    "earth day": _fixed(4, 22),
    "may day": _fixed(5, 1),
    "mother|mothers 's|'? day": _nth(5, _SUNDAY, 2),
    "memorial day": _nth(5, _MONDAY, -1),
    "juneteenth": _fixed(6, 19),
    "father|fathers 's|'? day": _nth(6, _SUNDAY, 3),
    "independence day": _fixed(7, 4),
    "labor|labour day": _nth(9, _MONDAY, 1),
    "columbus day": _nth(10, _MONDAY, 2),
    "halloween": _fixed(10, 31),
    "veterans|veteran '|'s? day": _fixed(11, 11),
    "singles|single '|'s? day": _fixed(11, 11),
    "thanksgiving day?": _nth(11, _THURSDAY, 4),
    "thanks giving day?": _nth(11, _THURSDAY, 4),
    "black friday": _nth(11, _THURSDAY, 4, later=1),
    "cyber monday": _nth(11, _THURSDAY, 4, later=4),
    "christmas|xmas eve": _fixed(12, 24),
    "christmas|xmas day?": _fixed(12, 25),
    "boxing day": _fixed(12, 26),
}
"""Patterns of names -> the day in a year."""

_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The month each begins with; it lasts three."""


def _in(_: Calendar, each: Recurring, year_span: Span) -> Span | None:
    return each.inside(year_span)


def _pointed(calendar: Calendar, rel: int, each: Recurring) -> Span | None:
    """The last that is over, the one of this year, the next to come."""
    if rel == 0:
        return each.inside(calendar.unit("year"))
    if rel > 0:
        return each.following(calendar.now)
    found = each.latest(calendar.now)
    return each.latest(found.begin - DAY) if found and found.end > calendar.now else found


def _weekend_in(calendar: Calendar, each: Recurring, year_span: Span) -> Span | None:
    day = each.inside(year_span)
    return day and weekend_of(calendar, day)


def _named(at: Holiday) -> Callable[[Calendar], Recurring]:
    return lambda _: yearly(at)


def _season(month: int) -> Holiday:
    return lambda year: dated(year, month, unit="season")


RULES: tuple[Rule, ...] = (
    *(each for name, at in _NAMED.items() for each in rule("holiday", _named(at), name)),
    *(each for name, month in _SEASONS.items() for each in rule("season", _named(_season(month)), name)),
    *rule("said", lambda _, holiday: holiday, "the? <holiday>"),
    *rule("said", _in, "<each:holiday> ,? of|in? <year_span>", "<year_span> 's? <each:holiday>"),
    *rule("said", _pointed, "the? <rel> <each:holiday>", "the? <rel> <each:season>"),
    *rule("said", _in, "the? <each:season> ,? of|in? <year_span>"),
    *rule("fixed_holiday", lambda c, holiday: c.resolve(holiday), "<holiday>"),
    *rule("said", weekend_of, "the? <fixed:fixed_holiday> weekend"),
    *rule(
        "said",
        _weekend_in,
        "<each:holiday> weekend of|in? <year_span>",
        "<each:holiday> ,? of|in? <year_span> weekend",
    ),
    *rule("weak", lambda _, season: season, "the? <season>"),
)
