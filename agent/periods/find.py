"""The periods of a question: every longest phrase of the grammar, where the words around it allow that reading."""

from __future__ import annotations

from datetime import UTC, datetime

from . import clocks, dates, holidays, lexicon, parts, ranges, units
from .calendar import Calendar, Span
from .grammar import Grammar, Parse
from .tokens import DIGITS, Token, tokens
from .values import Period

_WEEK_STARTS = {"monday": 0, "sunday": 6, "saturday": 5}

GRAMMAR = Grammar(
    (*lexicon.TERMINALS, *parts.TERMINALS, *clocks.TERMINALS),
    (
        *lexicon.RULES,
        *dates.RULES,
        *units.RULES,
        *holidays.RULES,
        *clocks.RULES,
        *parts.RULES,
        *ranges.RULES,
    ),
)

_IN_TIME = frozenset({"in", "during", "for", "throughout", "within", "over", "of", "on", "from", "late", "early", "mid"})
_NOT_A_YEAR = frozenset(
    "than least most over under above below exactly about around approximately nearly almost top first last limit = > <"
    " $ € £ # + * % . / - id no number nr exceeds exceeding".split()
)


def calendar(now: datetime, week_starts: str = "monday", fiscal_year_starts: int = 1) -> Calendar:
    return Calendar(now.astimezone(UTC), _WEEK_STARTS[week_starts], fiscal_year_starts)


def find_periods(
    text: str, now: datetime, *, week_starts: str = "monday", fiscal_year_starts: int = 1
) -> tuple[Period, ...]:
    """The periods said in a question, in order, none within another. `now`: an aware moment.

    `week_starts`: "monday", "sunday" or "saturday". `fiscal_year_starts`: the month of "fiscal 2024".
    """
    said = tokens(text)
    around = calendar(now, week_starts, fiscal_year_starts)
    parse = Parse(GRAMMAR, said, around)
    found = [phrase for at in range(len(said)) if (phrase := _longest(parse, said, at, around))]
    return tuple(_period(text, said, *phrase) for phrase in _apart(found))


Phrase = tuple[int, int, Span]
"""Tokens [begin, end) and what they mean."""


def _longest(parse: Parse, said: tuple[Token, ...], at: int, around: Calendar) -> Phrase | None:
    meant = {end: value for end, value in parse.at("weak", at).items() if _evident(said, at, end, value)}
    meant |= parse.at("period", at)
    for end in sorted(meant, reverse=True):
        span = around.resolve(meant[end])
        if span is not None and _stands_alone(said, at, end):
            return at, end, span
    return None


def _apart(found: list[Phrase]) -> list[Phrase]:
    """The longest phrases that do not overlap, in order; of equals the first."""
    kept: list[Phrase] = []
    for phrase in sorted(found, key=lambda p: (p[0] - p[1], p[0])):
        if all(phrase[1] <= other[0] or other[1] <= phrase[0] for other in kept):
            kept.append(phrase)
    return sorted(kept, key=lambda p: p[0])


def _stands_alone(said: tuple[Token, ...], begin: int, end: int) -> bool:
    """Not inside a longer number or name: "6,107.31 August", "SKU-2014"."""
    first, last = said[begin], said[end - 1]
    if first.key == DIGITS and first.joined and begin and said[begin - 1].key not in "('\"[":
        return False
    if last.key == DIGITS and end < len(said) and said[end].joined:
        after = said[end]
        return not (after.key.isalnum() or after.key == "%" or (end + 1 < len(said) and _number_goes_on(said, end)))
    return True


def _number_goes_on(said: tuple[Token, ...], at: int) -> bool:
    return said[at].key in ".,/-" and said[at + 1].joined and said[at + 1].key == DIGITS


def _evident(said: tuple[Token, ...], begin: int, end: int, value: object) -> bool:
    """Whether the words around say that a doubtful word means a time."""
    before = said[begin - 1].key if begin else ""
    if isinstance(value, Span) and value.bare_year:
        return before not in _NOT_A_YEAR and value.begin is not None and 1700 <= value.begin.year <= 2199
    return before in _IN_TIME


def _period(text: str, said: tuple[Token, ...], begin: int, end: int, span: Span) -> Period:
    while said[end - 1].key in (".", ","):
        end -= 1
    start, stop = said[begin].start, said[end - 1].end
    return Period(start, stop, text[start:stop], span.begin, span.end, span.grain, span.bare_year)
