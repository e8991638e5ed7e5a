"""Words that say which rows are meant, and that nothing here is called: `overdue` in `how many overdue
invoices`.

Whoever leaves one out answers another question. Most other unknown words are verbs and fillers: `students who
attended courses` are placed by their tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..english import adjectives
from ..english import lexicon as lex
from ..english.inflection import degree, words
from .sentence import Sentence, before, word_class

_HARMLESS = lex.POPULAR | words(
    """
    across throughout excluding including overall entire whole full complete individual single particular
    specific respective listed recorded stored registered
    """
)
_VERB_FOLLOWS = words("name who that which where have do to not quoted 's")
"""Classes of words behind which an unknown word is a verb: `students attended`, `who bought`."""

_HAPPENS = words(
    """
    based born bought built created enrolled founded held issued made offered opened ordered placed produced
    published purchased released situated sold taken
    """
)
"""What becomes of everything of its kind: `orders that were placed in May` are those of May."""

_ENDS = words("edge . ? ! , and or but in on at for from during since until before after between")


def unknown_modifiers(s: Sentence) -> tuple[int, ...]:
    """The tokens directly before the name of a table or column, and `are overdue` before a time, a place or
    the end of a clause."""
    return tuple(sorted({*_before_nouns(s), *_complements(s)}))


def _before_nouns(s: Sentence) -> Iterator[int]:
    for i in range(len(s)):
        if s.tables(i) or s.columns(i):
            first = i
            while _unknown(s, first - 1):
                first -= 1
            yield from range(first + (before(s, first) in _VERB_FOLLOWS), i)


def _complements(s: Sentence) -> Iterator[int]:
    for i in range(len(s)):
        ends = word_class(s, i + 1) in _ENDS or i + 1 in s.timed
        if ends and _unknown(s, i) and before(s, i) == "be" and s.low(i) not in _HAPPENS:
            yield i


def _unknown(s: Sentence, i: int) -> bool:
    if not s.unknown(i) or i in s.timed or isinstance(s.tokens[i].value, int | float):
        return False
    low, base = s.tokens[i].low, degree(s.tokens[i].low)
    measured = any(map(_measures, (low, *base[:1]))) if base else _measures(low)
    return not measured and low not in _HARMLESS and word_class(s, i) == "word"


def _measures(adjective: str) -> bool:
    return adjective in adjectives.GENERAL_DEGREE or bool(adjectives.measures(adjective))
