"""Times of a day: "at 3pm yesterday", "between 2:00 and 4:30 pm on May 3rd", "since 8 am"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from ..grammar import Rule, Terminal, digits, rule, words
from .calendar import DAY, Calendar, Span

TERMINALS: tuple[Terminal, ...] = (
    digits("hour_number", 0, 24),
    digits("minutes", 0, 59, length=2),
    words("half_day", {"am": 0, "pm": 12}),
)


@dataclass(frozen=True, slots=True)
class Clock:
    """`half`: 0 for am, 12 for pm; `None` where it was not said."""

    hour: int
    minute: int = 0
    half: int | None = None

    @property
    def time(self) -> timedelta:
        hour = self.hour if self.half is None else self.hour % 12 + self.half
        return timedelta(hours=hour, minutes=self.minute)


def _clock(_: Calendar, hour: int, minute: int = 0, half: int | None = None) -> Clock | None:
    return None if half is not None and hour > 12 else Clock(hour, minute, half)


def _instant(_: Calendar, day: Span, clock: Clock) -> Span:
    """Its hour, or its minute if one was said."""
    begin = day.begin + clock.time
    return Span(begin, begin + timedelta(minutes=1 if clock.minute else 60), "hour")


def _between(_: Calendar, clocks: tuple[Clock, Clock], day: Span) -> Span:
    """Up to the second time; in "2 to 4 pm" both are in the afternoon, in "11 to 1 pm" only the second."""
    a, b = clocks
    if a.half is None and b.half is not None and a.hour % 12 <= b.hour % 12:
        a = replace(a, half=b.half)
    begin, end = day.begin + a.time, day.begin + b.time
    if end <= begin:
        end += timedelta(hours=12) if b.half is None and b.hour < 12 else DAY
    return Span(begin, end, "hour")


def _between_in_part(calendar: Calendar, clocks: tuple[Clock, Clock], parted: tuple[Span, int]) -> Span:
    """As "between 7 and 9 last night"."""
    day, half = parted
    first, last = (clock if clock.half is not None else replace(clock, half=half) for clock in clocks)
    return _between(calendar, (first, last), day)


def _parted(
    calendar: Calendar, day_part: tuple[int, int], day: Span | None = None, rel: int = 0
) -> tuple[Span, int]:
    """A day, and the half of it that was said."""
    return day or calendar.unit("day", rel), 0 if day_part[0] < 12 else 12


def _after(calendar: Calendar, day: Span, clock: Clock) -> Span:
    return Span(day.begin + clock.time, calendar.floor(day.begin, "day") + DAY, "hour")


def _before(calendar: Calendar, day: Span, clock: Clock) -> Span:
    return Span(calendar.floor(day.begin, "day"), day.begin + clock.time, "hour")


RULES: tuple[Rule, ...] = (
    *rule("sure_clock", _clock, "<hour:hour_number> <half>", "<hour:hour_number> o ' clock"),
    *rule(
        "sure_clock",
        _clock,
        "<hour:hour_number> :|. <minute:minutes> <half>",
        "<hour:hour_number> : <minute:minutes>",
    ),
    *rule("sure_clock", lambda _: Clock(12), "noon|midday"),
    *rule("sure_clock", lambda _: Clock(0), "midnight"),
    *rule("half", lambda _, half_day: half_day, "<half_day>"),
    *rule("half", lambda _: 0, "a . m .?"),
    *rule("half", lambda _: 12, "p . m .?"),
    *rule("clock", lambda _, clock: clock, "<clock:sure_clock>"),
    *rule("clock", lambda _, hour: Clock(hour), "<hour:hour_number>"),
    *rule(
        "moment",
        _instant,
        "<day:some_day> ,? at|t? <clock:sure_clock>",
        "at? <clock:sure_clock> ,? on|of? <day:some_day>",
    ),
    *rule("said", lambda _, moment: moment, "<moment>"),
    *rule(
        "clocks", lambda _, a, b: (a, b), "from|between? <a:sure_clock> to|until|till|and|- <b:sure_clock>"
    ),
    *rule("clocks", lambda _, a, b: (a, b), "from|between? <a:clock> to|until|till|and|- <b:sure_clock>"),
    *rule("clocks", lambda _, a, b: (a, b), "from|between <a:clock> to|until|till|and|- <b:clock>"),
    *rule("said", _between, "<clocks> ,? on|of? <day:some_day>"),
    *rule("said", _between, "<day:some_day> ,? at? <clocks>"),
    *rule("parted", _parted, "<day:some_day> ,? (in the)? <day_part>", "<rel> <day_part>"),
    *rule("parted", lambda c: (c.unit("day"), 12), "tonight"),
    *rule("said", _between_in_part, "<clocks> ,? <parted>", "<parted> ,? at? <clocks>"),
    *rule("said", _after, "<day:some_day> ,? after|since <clock:sure_clock>"),
    *rule("said", _after, "after|since <clock:sure_clock> on? <day:some_day>"),
    *rule("said", _before, "<day:some_day> ,? before|until <clock:sure_clock>"),
    *rule("said", _before, "before|until <clock:sure_clock> on? <day:some_day>"),
)
