"""What is found in a question: periods, comparisons of periods, and grains to group by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .calendar import MONTHS, add


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time [begin, end) in UTC, said in text[start:stop]. `None` is an open side.

    `grain`: the unit it was said in. `bare_year`: only years were said, so "in 2014" may also mean a column.
    """

    start: int
    stop: int
    text: str
    begin: datetime | None
    end: datetime | None
    grain: str
    bare_year: bool = False

    @property
    def reading(self) -> str:
        """In words, both ends included: "2016-10-01 to 2016-10-31"."""
        return reading(self.begin, self.end)


@dataclass(frozen=True, slots=True)
class Shift:
    """So many units earlier. The unit "period" is the length of the period itself: the one just before it."""

    unit: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """One period against a base, said in text[start:stop].

    `period`: `None` if the phrase leaves it to the rest of the question. `base`: `None` if it follows from
    `shift` and a period that is not in the phrase: then `shifted(period, shift)` is the base.
    """

    start: int
    stop: int
    text: str
    period: Period | None
    base: Period | None
    shift: Shift | None


@dataclass(frozen=True, slots=True)
class Grain:
    """A unit to group by, said in text[start:stop].

    `within`: for what comes round, as "day" within "week" in "by day of the week".
    """

    start: int
    stop: int
    text: str
    unit: str
    count: int = 1
    within: str | None = None


def shifted(period: Period, shift: Shift) -> Period:
    """The same stretch earlier; its place in the text is kept. Whole months stay whole months."""
    if shift.unit == "period":
        return _just_before(period)
    begin = period.begin and add(period.begin, shift.unit, -shift.count)
    end = period.end and add(period.end, shift.unit, -shift.count)
    return replace(period, begin=begin, end=end)


def _just_before(period: Period) -> Period:
    if period.begin is None or period.end is None:
        return period
    months = (period.end.year - period.begin.year) * 12 + period.end.month - period.begin.month
    if period.grain in MONTHS and months and add(period.begin, "month", months) == period.end:
        return replace(period, begin=add(period.begin, "month", -months), end=period.begin)
    return replace(period, begin=period.begin - (period.end - period.begin), end=period.begin)


def reading(begin: datetime | None, end: datetime | None) -> str:
    if begin is None:
        return "any time" if end is None else f"before {_written(end)}"
    if end is None:
        return f"since {_written(begin)}"
    if _midnight(begin) and _midnight(end):
        last = end - timedelta(days=1)
        return f"{begin:%Y-%m-%d}" if last <= begin else f"{begin:%Y-%m-%d} to {last:%Y-%m-%d}"
    return f"{_written(begin)} to {_written(end)}"


def _midnight(moment: datetime) -> bool:
    return moment.hour == moment.minute == moment.second == moment.microsecond == 0


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if _midnight(moment) else f"{moment:%Y-%m-%d %H:%M}"
