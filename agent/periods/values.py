"""What is found in a question: periods, comparisons of periods, and grains to group by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time [begin, end) in UTC, said in text[start:stop]. `None` is an open side.

    `grain`: the unit it was said in. `bare_year`: nothing but years was said, so "in 2014" may also be a column.
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


def reading(begin: datetime | None, end: datetime | None) -> str:
    if begin is None and end is None:
        return "any time"
    if end is None:
        return f"since {_written(begin)}"
    if begin is None:
        return f"before {_written(end)}"
    if _midnight(begin) and _midnight(end):
        last = end - timedelta(days=1)
        return f"{begin:%Y-%m-%d}" if last <= begin else f"{begin:%Y-%m-%d} to {last:%Y-%m-%d}"
    return f"{_written(begin)} to {_written(end)}"


def _midnight(moment: datetime) -> bool:
    return moment.hour == moment.minute == moment.second == moment.microsecond == 0


def _written(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return f"{moment:%Y-%m-%d}" if _midnight(moment) else f"{moment:%Y-%m-%d %H:%M}"
