"""A question taken apart: the longest phrases of the grammar, where the words around allow it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from ..grammar import Grammar, Parse
from ..tokens import tokens
from . import clocks, comparisons, dates, holidays, inside, lexicon, parts, ranges, units
from .calendar import DAY, Calendar, Open, Recurring, Span
from .evidence import LISTED, ends_there, evident, stands_alone
from .values import Period, Shift, shifted

WeekStart = Literal["monday", "sunday", "saturday"]
_WEEK_STARTS: dict[WeekStart, int] = {"monday": 0, "sunday": 6, "saturday": 5}
_ROOMS = (lexicon, dates, units, inside, holidays, clocks, parts, ranges, comparisons)

GRAMMAR = Grammar(
    (terminal for room in (lexicon, parts, clocks, comparisons) for terminal in room.TERMINALS),
    (each for room in _ROOMS for each in room.RULES),
)

COARSE = ("hour", "day", "week", "month", "quarter", "half", "year", "decade", "century")
"""Units, the finer ones first."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens [begin, end) and what they mean: a span, or another period moved."""

    begin: int
    end: int
    meaning: Span | Open | Shift
    each: Recurring | None = None
    """If the year was left out: what comes round, of which the meaning is one."""


class Question:
    """A question taken apart: its tokens, its calendar, its phrases."""

    def __init__(self, text: str, now: datetime, week_starts: WeekStart, fiscal_year_starts: int) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.calendar = Calendar(now.astimezone(UTC), _WEEK_STARTS[week_starts], fiscal_year_starts)
        self.parse = Parse(GRAMMAR, self.tokens, self.calendar)
        self.phrases = self._years_shared(self._apart(list(self._found())))

    def key(self, at: int) -> str:
        return self.tokens[at].key if 0 <= at < len(self.tokens) else ""

    def _found(self) -> Iterator[Phrase]:
        ends: set[int] = set()
        for at in range(len(self.tokens)):
            listed = self.key(at - 1) in LISTED and at - 1 in ends
            if phrase := self._longest(at, listed):
                ends.add(phrase.end)
                yield phrase

    def _longest(self, at: int, listed: bool) -> Phrase | None:
        """The longest phrase from this token on. `listed`: it goes on a list of periods."""
        meant = {
            end: value
            for end, value in self.parse.at("weak", at).items()
            if listed or evident(self.tokens, at, end, value)
        }
        meant |= {
            end: value
            for end, value in self.parse.at("whole_unit", at).items()
            if ends_there(self.tokens, at, end)
        }
        meant |= self.parse.at("same_period", at)
        meant |= self.parse.at("period", at)
        for end in sorted(meant, reverse=True):
            value = meant[end]
            meaning = value if isinstance(value, Open | Shift) else self.calendar.resolve(value)
            if meaning is not None and stands_alone(self.tokens, at, end) and not self._goes_on(end):
                yearly = isinstance(value, Recurring) and value.yearly
                return Phrase(at, end, meaning, value if yearly else None)
        return None

    def _apart(self, found: list[Phrase]) -> list[Phrase]:
        """The longest phrases that do not overlap, in order; of equals the first."""
        kept: list[Phrase] = []
        for phrase in sorted(found, key=lambda p: (p.begin - p.end, p.begin)):
            if all(phrase.end <= other.begin or other.end <= phrase.begin for other in kept):
                kept.append(phrase)
        return sorted(kept, key=lambda p: p.begin)

    def _years_shared(self, phrases: list[Phrase]) -> list[Phrase]:
        """In a list a year holds for its neighbours: "January and February 2023", "Q1 2023 vs Q2"."""
        for at in reversed(range(len(phrases) - 1)):
            phrases[at] = self._of_the_year_of(phrases[at + 1], phrases[at], phrases[at].end)
        for at in range(1, len(phrases)):
            phrases[at] = self._of_the_year_of(phrases[at - 1], phrases[at], phrases[at - 1].end)
        return phrases

    def _of_the_year_of(self, dated: Phrase, phrase: Phrase, joint: int) -> Phrase:
        """This phrase in the year of its neighbour, unless that is still to come."""
        span, each = dated.meaning, phrase.each
        between = {self.key(at) for at in range(joint, max(dated.begin, phrase.begin))}
        if each is None or dated.each or not isinstance(span, Span) or not between <= LISTED:
            return phrase
        found = each.inside(self.calendar.unit("year", 0, span.begin))
        if found is None or found.grain != span.grain or found.begin > self.calendar.now:
            return phrase
        return Phrase(phrase.begin, phrase.end, found)

    def _goes_on(self, end: int) -> bool:
        """The "after" of "before 2010 or after 2018" belongs to what follows; so does its year to a month."""
        opens = self.key(end - 1) in ("after", "before", "on")
        if opens and (self.parse.at("point", end) or self.parse.at("sure_clock", end)):
            return True
        return self.key(end - 1) in lexicon.MONTHS and bool(self.parse.at("year_digits", end))

    def periods(self) -> list[Period]:
        spans = [None if isinstance(p.meaning, Shift) else self._period(p, p.meaning) for p in self.phrases]
        return [
            period or self._moved(phrase, self._nearest(spans, index))
            for index, (phrase, period) in enumerate(zip(self.phrases, spans, strict=True))
        ]

    def _nearest(self, periods: list[Period | None], index: int) -> Period | None:
        """The period before this phrase, or else the one behind it."""
        before = [period for period in periods[:index] if period]
        behind = [period for period in periods[index:] if period]
        return before[-1] if before else behind[0] if behind else None

    def _moved(self, phrase: Phrase, period: Period | None) -> Period:
        """As "the same period last year": of the other period said, or else of its unit to date."""
        assert isinstance(phrase.meaning, Shift)
        if period is None:
            unit = phrase.meaning.unit if phrase.meaning.unit in COARSE else "year"
            to_date = Span(self.calendar.unit(unit).begin, self.calendar.today + DAY, unit)
            period = self._period(phrase, to_date)
        said = Open(period.begin, period.end, period.grain)
        return shifted(self._period(phrase, said), phrase.meaning)

    def _period(self, phrase: Phrase, span: Span | Open) -> Period:
        start, stop = self.place(phrase.begin, phrase.end)
        return Period(start, stop, self.text[start:stop], span.begin, span.end, span.grain, span.bare_year)

    def place(self, begin: int, end: int) -> tuple[int, int]:
        """Where tokens stand in the text, without signs behind them."""
        while self.key(end - 1) in (".", ","):
            end -= 1
        return self.tokens[begin].start, self.tokens[end - 1].end
