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
    across throughout including overall entire whole full complete individual single particular
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
_GENERAL = words("code date id ids kind member name number person rank record time title type value year")
"""What may stand behind a name and says no more."""

_SURE = 0.6


def unknown_modifiers(s: Sentence) -> tuple[int, ...]:
    """The tokens directly before the name of a table or column (`overdue orders`), those behind it that make
    another noun of it or are a value of it (`revenue growth`, `region Narnia`), and `are overdue` before a
    time, a place or the end of a clause."""
    return tuple(sorted({*_before_nouns(s), *_behind_nouns(s), *_complements(s)}))


def _before_nouns(s: Sentence) -> Iterator[int]:
    for i in range(len(s)):
        if s.tables(i) or s.columns(i):
            first = i
            while _unknown(s, first - 1):
                first -= 1
            yield from range(first + (before(s, first) in _VERB_FOLLOWS), i)


def _behind_nouns(s: Sentence) -> Iterator[int]:
    columns = {m.end for found in s.mentions.columns.values() for m in found if m.score >= _SURE}
    tables = {m.end for found in s.mentions.tables.values() for m in found if m.score >= _SURE}
    for i in range(1, len(s)):
        said, token = s.tokens[i - 1], s.tokens[i]
        asks = any(s.low(at) in ("do", "does", "did") for at in range(i))  # `each customer owns` is turned so
        noun = said.low == said.lemma and (i in columns or (i in tables and not asks))
        ends = word_class(s, i + 1) in _ENDS | {"by", "per", "with"} or i + 1 in s.timed
        if noun and ends and _unknown(s, i) and token.low == token.lemma and token.low not in _GENERAL:
            yield i


def _complements(s: Sentence) -> Iterator[int]:
    for i in range(len(s)):
        ends = word_class(s, i + 1) in _ENDS or i + 1 in s.timed
        if ends and _unknown(s, i) and before(s, i) == "be" and s.low(i) not in _HAPPENS:
            yield i


def _unknown(s: Sentence, i: int) -> bool:
    if not s.unknown(i) or i in s.timed or i in s.by_time or isinstance(s.tokens[i].value, int | float):
        return False
    low, base = s.tokens[i].low, degree(s.tokens[i].low)
    measured = any(map(_measures, (low, *base[:1]))) if base else _measures(low)
    return not measured and low not in _HARMLESS and word_class(s, i) == "word"


def _measures(adjective: str) -> bool:
    return adjective in adjectives.GENERAL_DEGREE or bool(adjectives.measures(adjective))
