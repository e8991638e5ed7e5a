"""Calendar arithmetic: stretches of time, the calendar around a moment, what comes round each year."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MONTHS = {"month": 1, "quarter": 3, "season": 3, "half": 6, "year": 12, "decade": 120, "century": 1200}
"""Units that are whole months."""

_FIXED = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "fortnight": timedelta(weeks=2),
}
DAY = _FIXED["day"]


@dataclass(frozen=True, slots=True)
class Span:
    """[begin, end). `grain`: the unit it was said in. `bare_year`: nothing but years was said."""

    begin: datetime
    end: datetime
    grain: str
    bare_year: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """Open to one side: the side that is `None`."""

    begin: datetime | None
    end: datetime | None
    grain: str
    bare_year: bool = False


@dataclass(frozen=True, slots=True)
class Recurring:
    """What comes round: "May", "Q3", "Tuesday". `around`: those near a moment, in order.

    `done`: only one that began before today is the last one, as for weekdays: "on Monday" said on a Monday.
    `yearly`: once a year, so that a year picks one.
    """

    around: Callable[[datetime], Iterator[Span]]
    done: bool = False
    yearly: bool = False

    def latest(self, moment: datetime) -> Span | None:
        """The last that began at this moment or before."""
        found = None
        for span in self.around(moment):
            if span.begin > moment:
                break
            found = span
        return found

    def following(self, moment: datetime) -> Span | None:
        """The first that begins after this moment."""
        return next((span for span in self.around(moment) if span.begin > moment), None)

    def inside(self, container: Span) -> Span | None:
        """The one that begins in this stretch: "May" in "last year"."""
        found = self.following(container.begin - timedelta(microseconds=1))
        return found if found and found.begin < container.end else None

    def each(self, change: Callable[[Span], Span | None]) -> Recurring:
        """Something about each of them: the end of each May."""
        return Recurring(
            lambda moment: (new for old in self.around(moment) if (new := change(old)) is not None)
        )


Said = Span | Recurring


def add(moment: datetime, unit: str, count: int) -> datetime:
    """`count` units later. A day that the month does not have becomes its last.

    Raises `OverflowError` where the calendar ends.
    """
    if unit in _FIXED:
        return moment + _FIXED[unit] * count
    index = moment.year * 12 + moment.month - 1 + count * MONTHS[unit]
    year, month = index // 12, index % 12 + 1
    if not 1 <= year <= 9998:
        raise OverflowError(f"no year {year}")
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def whole(begin: datetime, unit: str, count: int = 1) -> Span:
    """`count` units from here."""
    return Span(begin, add(begin, unit, count), unit)


def dated(year: int, month: int = 1, date: int = 1, unit: str = "day") -> Span | None:
    """The unit that begins on this day; `None` where the calendar has no such day."""
    try:
        return whole(datetime(year, month, date, tzinfo=UTC), unit)
    except ValueError:
        return None


def midpoint(span: Span) -> datetime:
    """The middle: of a year where July begins, else a midnight."""
    if span.grain == "year":
        return add(span.begin, "month", 6)
    return span.begin + DAY * ((span.end - span.begin).days // 2)


def stretch(a: datetime, b: datetime, grain: str) -> Span:
    """Between two moments, whichever is first."""
    return Span(min(a, b), max(a, b), grain)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The calendar as seen from `now` (UTC). `week_starts`: 0 is Monday. `fiscal_year_starts`: a month."""

    now: datetime
    week_starts: int = 0
    fiscal_year_starts: int = 1

    @property
    def today(self) -> datetime:
        return self.floor(self.now, "day")

    def floor(self, moment: datetime, unit: str) -> datetime:
        """Where the unit that holds this moment begins."""
        if unit == "minute":
            return moment.replace(second=0, microsecond=0)
        if unit == "hour":
            return moment.replace(minute=0, second=0, microsecond=0)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if unit == "day":
            return midnight
        if unit in ("week", "fortnight"):
            return midnight - DAY * ((midnight.weekday() - self.week_starts) % 7)
        index = midnight.year * 12 + midnight.month - 1
        index -= index % MONTHS[unit]
        return midnight.replace(year=max(index // 12, 1), month=index % 12 + 1, day=1)

    def unit(self, unit: str, offset: int = 0, moment: datetime | None = None) -> Span:
        """The unit that holds `moment` (now), or one some units earlier or later."""
        return whole(add(self.floor(moment or self.now, unit), unit, offset), unit)

    def fiscal_year(self, year: int) -> Span | None:
        """Named for the calendar year in which it ends."""
        first = year if self.fiscal_year_starts == 1 else year - 1
        return dated(first, self.fiscal_year_starts, unit="year")

    def this_fiscal_year(self) -> int:
        """The fiscal year that holds now."""
        return self.now.year + (1 < self.fiscal_year_starts <= self.now.month)

    def week_of(self, span: Span, number: int) -> Span:
        """The nth week of a month or year, from its end if negative. A week belongs where most of it lies."""
        inside = span.begin + 3 * DAY if number > 0 else span.end - 4 * DAY
        return self.unit("week", number - 1 if number > 0 else number + 1, inside)

    def weekday_of(self, week: Span, weekday: int) -> Span:
        """That day of a week. 0 is Monday."""
        return whole(week.begin + DAY * ((weekday - week.begin.weekday()) % 7), "day")

    def resolve(self, said: Said) -> Span | None:
        """Questions look back: of what comes round, the last that has begun, or else the next."""
        if isinstance(said, Span):
            return said
        moment = self.today - DAY if said.done else self.now
        return said.latest(moment) or said.following(moment)


def yearly(at: Callable[[int], Span | None]) -> Recurring:
    """What comes round once a year."""

    def around(moment: datetime) -> Iterator[Span]:
        # Leap days are up to eight years apart.
        for year in range(moment.year - 8, moment.year + 9):
            if (span := at(year)) is not None:
                yield span

    return Recurring(around, yearly=True)


def month_days(date: int) -> Recurring:
    """The nth of a month."""

    def around(moment: datetime) -> Iterator[Span]:
        index = moment.year * 12 + moment.month - 1
        # A weekday falls on a given date within 14 months.
        for month in range(index - 14, index + 15):
            if (span := dated(month // 12, month % 12 + 1, date)) is not None:
                yield span

    return Recurring(around)


def weekdays(weekday: int) -> Recurring:
    """0 is Monday."""

    def around(moment: datetime) -> Iterator[Span]:
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        nearest = midnight + DAY * ((weekday - midnight.weekday()) % 7)
        for weeks in (-2, -1, 0, 1, 2):
            yield whole(nearest + 7 * DAY * weeks, "day")

    return Recurring(around, done=True)


def nth_weekday(span: Span, weekday: int, number: int) -> Span | None:
    """The nth such weekday of a month, or from its end if negative."""
    if number > 0:
        begin = span.begin + DAY * ((weekday - span.begin.weekday()) % 7 + 7 * (number - 1))
    else:
        last = span.end - DAY
        begin = last - DAY * ((last.weekday() - weekday) % 7 - 7 * (number + 1))
    return whole(begin, "day") if span.begin <= begin < span.end else None
