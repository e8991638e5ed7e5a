"""Measures our periods against the English cases of Recognizers-Text (its published JSON specifications).

`python -m thermocline.tests.agent.recognizers` prints the figures and every case that differs.

What they and we mean by the same words differs in three points, known in advance and applied to all alike:

- The end of "from A to B", "until B", "A to date" is written there as the moment the last unit begins; ours
  is where it ends, since a question that says "to Friday" wants Friday. One such unit more is the same.
- "After" a day is written there as that day; ours begins the day after.
- A part of the day that ends at midnight ends there at 23:59:59.

Of a past and a future reading, the past one counts.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from thermocline.agent.periods import Period, find_periods
from thermocline.agent.periods.calendar import add

FOLDER = Path(__file__).resolve().parents[3] / "shared/data/nl/recognizers_spec"
FILES = ("DatePeriodParser", "DateTimeModel", "DateParser", "HolidayParser", "DateTimePeriodParser")
KINDS = ("daterange", "date", "datetimerange")


@dataclass(frozen=True)
class Case:
    """`wanted`: the readings that are right, each as begin and end; `None` is an open side."""

    file: str
    question: str
    now: datetime
    text: str
    kind: str
    wanted: tuple[tuple[datetime | None, datetime | None], ...]
    timex: str
    mod: str
    refused: bool
    """Its own reference implementation does not hold it."""


def cases() -> Iterator[Case]:
    for file in FILES:
        for entry in json.loads((FOLDER / f"{file}.json").read_text(encoding="utf-8-sig")):
            said = (entry.get("Context") or {}).get("ReferenceDateTime") or "2019-09-09T00:00:00"
            now = datetime.fromisoformat(said[:19]).replace(tzinfo=UTC)
            refused = "dotnet" in entry.get("NotSupported", "") + entry.get("NotSupportedByDesign", "")
            for result in entry["Results"]:
                yield from _case(file, entry["Input"], now, result, refused)


def _case(file: str, question: str, now: datetime, result: dict[str, Any], refused: bool) -> Iterator[Case]:
    kind = (result.get("Type") or result.get("TypeName") or "").removeprefix("datetimeV2.")
    if kind not in KINDS:
        return
    values = _values(result)
    wanted = tuple(found for value in values if (found := _range(kind, value)))
    if wanted:
        first = values[0]
        timex = first.get("timex", "")
        yield Case(file, question, now, result["Text"], kind, wanted, timex, first.get("Mod", ""), refused)


def _values(result: dict[str, Any]) -> list[dict[str, str]]:
    """Readings; of a date or a range of dates only the first, which is the one in the past."""
    if "Value" in result:
        past = result["Value"].get("PastResolution") or {}
        return [{"timex": result["Value"].get("Timex", ""), **past}]
    values = (result.get("Resolution") or {}).get("values") or []
    return values if result["TypeName"].endswith("datetimerange") else values[:1]


def _range(kind: str, value: dict[str, str]) -> tuple[datetime | None, datetime | None] | None:
    if kind == "date":
        day = _moment(value.get("date") or value.get("value"))
        return (day, day + timedelta(days=1)) if day else None
    begin = _moment(value.get("startDate") or value.get("startDateTime") or value.get("start"))
    end = _moment(value.get("endDate") or value.get("endDateTime") or value.get("end"))
    return (begin, end) if begin or end else None


def _moment(text: str | None) -> datetime | None:
    if not text or not text[0].isdigit() or text.startswith("0001"):
        return None
    found = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return found + timedelta(seconds=1) if found.second == 59 else found


_BOTH_ENDS = re.compile(r"\b(to|until|till|through|and|later|date)\b|[-–~]")  # noqa: RUF001


def same(case: Case, found: Period) -> bool:
    return any(_same(case, found, *wanted) for wanted in case.wanted)


def _same(case: Case, found: Period, begin: datetime | None, end: datetime | None) -> bool:
    return _same_begin(case, found, begin) and _same_end(case, found, end)


def _same_begin(case: Case, found: Period, begin: datetime | None) -> bool:
    if begin is None or found.begin is None:
        return begin is found.begin
    after_a_day = found.grain == "day" and found.end is None and re.search(r"\bafter\b", case.text.lower())
    return found.begin == begin or bool(after_a_day and found.begin == begin + timedelta(days=1))


def _same_end(case: Case, found: Period, end: datetime | None) -> bool:
    if end is None or found.end is None:
        return end is found.end
    if found.end == end:
        return True
    composed = case.timex.startswith("(") or case.mod in ("before", "until") or "to date" in case.text.lower()
    return composed and bool(_BOTH_ENDS.search(case.text.lower())) and _last_unit(case, found) == end


def _last_unit(case: Case, found: Period) -> datetime | None:
    """Where the last unit of a period begins; of one "to date" it is today."""
    unit = "day" if found.grain in ("hour", "season") or "date" in case.text.lower() else found.grain
    return add(found.end, unit, -1) if found.end else None


def holds(case: Case) -> bool:
    return any(same(case, found) for found in find_periods(case.question, case.now))


_SPELLED_YEAR = re.compile(r"\b(hundred|thousands?|nineteen|century)\b")
_VAGUE = re.compile(
    r"\b(rest|remaining|early|earlier|late|later|mid|middle|beginning|start|end|eoy|same|that)\b"
)
_ODD_NUMBERS = re.compile(r"\d\s*\.\s*\d|\d\s+[-/]|[-/]\s+\d")


def said_in_business(case: Case) -> bool:
    """Whether a question about a business's data would say it. By the shape of the case, not by our answer:

    the reference implementation itself holds it; it means years from 1950 to 2050, and those are written in
    digits; numeric dates have no dots or spaces; and the range is a fact of the calendar, not a convention
    about a vague word ("early", "mid", "end of", "rest of", "that").
    """
    text = case.text.lower()
    moments = [moment for wanted in case.wanted for moment in wanted if moment]
    return (
        not case.refused
        and all(1950 <= moment.year <= 2050 for moment in moments)
        and not _SPELLED_YEAR.search(text)
        and not _VAGUE.search(text)
        and not _ODD_NUMBERS.search(text)
    )


def shares() -> dict[tuple[str, str], tuple[int, int]]:
    """(kind, "all" or "business") -> held, asked."""
    held: Counter[tuple[str, str]] = Counter()
    asked: Counter[tuple[str, str]] = Counter()
    for case in cases():
        good = holds(case)
        for scope in ("all", "business") if said_in_business(case) else ("all",):
            asked[case.kind, scope] += 1
            held[case.kind, scope] += good
    return {key: (held[key], asked[key]) for key in asked}


def main() -> None:
    for case in cases():
        if not holds(case):
            print(
                f"{'business' if said_in_business(case) else '-':8}",
                case.kind,
                case.now.date(),
                case.question,
            )
            print(f"         {case.text!r}: {'; '.join(_written(*wanted) for wanted in case.wanted)}")
            print(
                f"         {[(found.text, found.reading) for found in find_periods(case.question, case.now)]}"
            )
    for (kind, scope), (held, asked) in sorted(shares().items()):
        print(f"{kind:13} {scope:8} {held:4} of {asked:4} {held / asked:.1%}")


def _written(begin: datetime | None, end: datetime | None) -> str:
    return " > ".join(f"{moment:%F %R}" if moment else "open" for moment in (begin, end))


if __name__ == "__main__":
    main()
