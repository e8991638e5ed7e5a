"""A question with its tokens and mentions, and what patterns ask of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from ..catalog import Catalog, Column
from ..english import lexicon as lex
from ..english.inflection import stem, words
from ..english.synonyms import synonyms
from ..english.tokens import Token, number_at
from ..joins import Joins
from ..linking.mentions import Mention, Mentions
from ..periods import Comparison, Grain, Period
from ..query import Scalar
from .fragments import Features

_EVERYTHING = re.compile(
    r"\b(all|any|every|the|complete|full)\s+(\w+\s+)?(details?|info|information|data|columns?|fields?|attributes?|contents?)\b"
    r"|\beverything\b|\b(details?|information|info|data)\s+(of|on|about|for)\b",
    re.IGNORECASE,
)
Phrases = dict[str, list[tuple[tuple[str, ...], str]]]


@lru_cache(maxsize=64)
def phrases(entries: tuple[tuple[str, str], ...]) -> Phrases:
    """Phrases by first word, longest first, each with what it means."""
    table: Phrases = {}
    for text, meaning in entries:
        words = tuple(text.split())
        table.setdefault(words[0], []).append((words, meaning))
    for found in table.values():
        found.sort(key=lambda entry: -len(entry[0]))
    return table


def plain(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Phrases without a meaning of their own."""
    return tuple((text, "") for text in texts)


@dataclass(frozen=True)
class Found:
    """A scalar in the question: how it compares by itself (`=` or a LIKE), where it ends, how sure it is."""

    value: Scalar
    end: int
    quality: str


@dataclass(frozen=True)
class Sentence:
    """A question, annotated."""

    text: str
    tokens: tuple[Token, ...]
    mentions: Mentions
    catalog: Catalog
    joins: Joins
    now: datetime
    periods: tuple[tuple[Period, int, int], ...] = ()
    grains: tuple[tuple[Grain, int, int], ...] = ()
    comparisons: tuple[tuple[Comparison, int, int], ...] = ()

    def periods_at(self, i: int) -> list[tuple[Period, int]]:
        """Periods that begin at token i, with the token where they end."""
        return [(period, end) for period, start, end in self.periods if start == i]

    def grains_at(self, i: int) -> list[tuple[str, int]]:
        """Units to group time by that are named at token i."""
        return [
            (g.unit, end) for g, start, end in self.grains if start == i and g.count == 1 and g.within is None
        ]

    def comparisons_at(self, i: int) -> list[tuple[Comparison, int]]:
        """Comparisons of periods that begin at token i."""
        return [(found, end) for found, start, end in self.comparisons if start == i]

    @cached_property
    def timed(self) -> frozenset[int]:
        """Tokens of periods that are more than a year's number."""
        return frozenset(i for p, start, end in self.periods if not p.bare_year for i in range(start, end))

    @cached_property
    def by_time(self) -> frozenset[int]:
        """Tokens of units that time is grouped by."""
        return frozenset(i for _, start, end in self.grains for i in range(start, end))

    def __len__(self) -> int:
        return len(self.tokens)

    def low(self, i: int) -> str:
        """The lower-case word at i, empty outside."""
        return self.tokens[i].low if 0 <= i < len(self.tokens) else ""

    def match(self, i: int, table: Phrases) -> tuple[int, str] | None:
        """(end, meaning) of the longest phrase of `table` at i."""
        for phrase, meaning in table.get(self.low(i), ()):
            if all(self.low(i + k) == word for k, word in enumerate(phrase)):
                return i + len(phrase), meaning
        return None

    def skip(self, i: int, words: Iterable[str]) -> int:
        """The first token from i that is not one of `words`."""
        while i < len(self.tokens) and self.tokens[i].low in words and self.tokens[i].kind != "quoted":
            i += 1
        return i

    def back(self, i: int) -> int:
        """The token before i, past determiners and `year`."""
        i -= 1
        while i > 0 and (
            self.tokens[i].low in lex.DETERMINERS or self.tokens[i].low in ("year", "of", "equal")
        ):
            i -= 1
        return i

    def stops(self, i: int, words: Iterable[str]) -> list[int]:
        """Every token from i to the first that is not one of `words`: where a name may begin."""
        return list(range(i, self.skip(i, words) + 1))

    def near_columns(self, i: int) -> Sequence[Mention]:
        """Column mentions at i, or behind one unknown word."""
        return self.columns(i) or (self.columns(i + 1) if self.unknown(i) else ())

    def near_tables(self, i: int) -> Sequence[Mention]:
        """Table mentions at i, or behind one unknown word."""
        return self.tables(i) or (self.tables(i + 1) if self.unknown(i) else ())

    def unknown(self, i: int) -> bool:
        """Whether token i is a word that neither the schema, the values nor the grammar knows."""
        if not 0 <= i < len(self.tokens) or self.tokens[i].kind != "word":
            return False
        known = (
            i in self.mentions.covered
            or i in self.mentions.valued
            or self.tokens[i].low in lex.FUNCTION_WORDS
        )
        return not known

    def columns(self, i: int) -> Sequence[Mention]:
        """Column mentions at i."""
        return self.mentions.columns.get(i, ())

    def named_columns(self, i: int) -> Sequence[Mention]:
        """Column mentions at i, and those behind the name of their own table: `invoice amount`."""
        behind = [c for t in self.tables(i) for c in self.columns(t.end) if c.table == t.table]
        return (*self.columns(i), *behind)

    def tables(self, i: int) -> Sequence[Mention]:
        """Table mentions at i."""
        return self.mentions.tables.get(i, ())

    def metrics(self, i: int) -> Sequence[Mention]:
        """Mentions of named metrics at i."""
        return self.mentions.metrics.get(i, ())

    def column(self, mention: Mention) -> Column:
        """The column a mention stands for."""
        return self.catalog.column_of[(mention.table, mention.column)]

    @cached_property
    def meant_words(self) -> frozenset[str]:
        """The words of the question with their other forms and synonyms."""
        found: set[str] = set()
        for token in self.tokens:
            if token.kind == "word":
                found |= {token.low, token.lemma, stem(token.lemma)} | synonyms(token.lemma)
        if {"from", "leave", "start", "begin", "depart"} & found:
            found |= {"source", "origin", "departure", "start"}
        if {"to", "into", "reach", "arrive", "end", "land"} & found:
            found |= {"destination", "arrival", "end"}
        return frozenset(found)

    @cached_property
    def asks_everything(self) -> bool:
        """Whether all columns are asked for in so many words."""
        return bool(_EVERYTHING.search(self.text))

    @cached_property
    def _table_positions(self) -> list[tuple[int, str, float]]:
        return [found for found in self.mentions.table_positions() if found[2] >= 0.6]

    @cached_property
    def spoken_tables(self) -> frozenset[str]:
        """Tables that the question names."""
        return frozenset(table for _, table, _ in self._table_positions)

    @cached_property
    def valued_tables(self) -> frozenset[str]:
        """Tables that hold a value the question names."""
        return frozenset(m.table for found in self.mentions.values.values() for m in found if m.score > 0.84)

    def affinity(self, table: str, i: int, end: int) -> str:
        """How a table that a column at [i, end) belongs to is spoken of around it."""
        cache: dict[tuple[str, int, int], str] = self._affinities
        key = (table, i, end)
        if key not in cache:
            cache[key] = self._affinity(table, i, end)
        return cache[key]

    @cached_property
    def _affinities(self) -> dict[tuple[str, int, int], str]:
        return {}

    def _affinity(self, table: str, i: int, end: int) -> str:
        spoken = self._table_positions
        if not spoken:
            return "unspoken"
        after = [t for p, t, _ in spoken if p >= end]
        first_after = {t for p, t, _ in spoken if after and p == min(q for q, _, _ in spoken if q >= end)}
        before = [p for p, _, _ in spoken if p <= i]
        last_before = {t for p, t, _ in spoken if before and p == max(before)}
        if table in last_before and table in first_after:
            return "both"
        if table in first_after:
            return "next"
        if table in last_before:
            return "last"
        if table in self.spoken_tables:
            return "spoken"
        if any(table in self.joins.neighbours(t) for t in self.spoken_tables):
            return "neighbour"
        return "none"

    def link_features(self, mention: Mention, role: str) -> Features:
        """How well a mention fits, for the ranker."""
        out: list[tuple[str, float]] = [
            ("link:score", mention.score),
            ("link:tokens", float(mention.end - mention.start)),
        ]
        if mention.score < 0.8:
            out.append(("link:weak", 1.0 - mention.score))
        if not mention.full:
            out.append(("link:partial", 1.0))
            if self._goes_on(mention):
                out.append(("link:bent", 1.0))
        if mention.kind == "column" and any(
            m.end >= mention.end and m.score > mention.score for m in self.tables(mention.start)
        ):
            out.append((f"link:rather_table:{role}", 1.0))
        if mention.kind != "table":
            near = self.affinity(mention.table, mention.start, mention.end)
            out.append((f"near:{role}:{near}", 1.0))
        return tuple(out)

    def _goes_on(self, mention: Mention) -> bool:
        """Whether the words of a name that fits in part go on otherwise: `birth place` for a birth date."""
        behind = self.tokens[mention.end].lemma if mention.end < len(self.tokens) else ""
        return behind in _GOING_ON or self.low(mention.start - 1) in ("first", "last", "middle")

    def scalars(self, i: int, column: Column | None = None) -> list[Found]:
        """What may be compared with at i: a number, date, stored value, quoted text or a name."""
        if i >= len(self.tokens):
            return []
        out: list[Found] = []
        token = self.tokens[i]
        number = number_at(self.tokens, i)
        for mention in self.mentions.values.get(i, ()):
            if column is not None and (mention.table, mention.column) == (column.table, column.name):
                out.append(Found(mention.value, mention.end, "stored"))
                break
        if number is not None and not (out and column is not None and column.kind == "text"):
            fits = column is None or column.kind != "date" or 1000 <= number[0] <= 2200
            if fits:
                out.append(Found(number[0], number[1], "number"))
        elif token.kind == "date":
            out.append(Found(str(token.value), i + 1, "date"))
        elif token.kind == "quoted" and not out:
            out.append(Found(str(token.value), i + 1, "quoted"))
        elif not out and token.kind == "word" and token.low not in lex.FUNCTION_WORDS:
            out += self._word(i, token, column)
        return out

    def _word(self, i: int, token: Token, column: Column | None) -> list[Found]:
        """A name that no column holds: capitals taken together."""
        if not token.capital or column is None or (column.kind != "text" and not column.values_hidden):
            return []
        end = i + 1
        while end < len(self.tokens) and self.tokens[end].capital:
            end += 1
        return [Found(self.text[token.start : self.tokens[end - 1].end], end, "name")]


_DETERMINERS = lex.DETERMINERS
_GOING_ON = words("code date id kind name number place rank record state time title type value year")


def before(sentence: Sentence, i: int) -> str:
    """The closed-class word before i, determiners skipped: what a role may depend on."""
    i -= 1
    while i >= 0 and sentence.tokens[i].low in _DETERMINERS:
        i -= 1
    return word_class(sentence, i)


def word_class(sentence: Sentence, i: int) -> str:
    """A closed-class word itself, or the class of any other token; `edge` outside."""
    if not 0 <= i < len(sentence.tokens):
        return "edge"
    token = sentence.tokens[i]
    if token.kind != "word":
        return token.low if token.low in (",", "'s", "?", ".", "(", "/") else token.kind
    low = token.low
    if low in lex.COMMANDS:
        return "command"
    if low in lex.AUXILIARIES:
        return token.lemma
    if low in _CLASSED:
        return low
    if token.lemma in ("id", "name", "code", "title", "detail"):
        return token.lemma
    if low in lex.MORE_WORDS or low.endswith("est"):
        return "sup"
    if low in lex.AGGREGATES:
        return "agg"
    if i in sentence.mentions.covered:
        return "name"
    return "word"


_CLASSED = words(
    """
    of in on at from by for with who whose that which where when what how many and or but each every per
    not no without never both either than as between after before more less least most to all having
    different also their its his her one order number only any other same so into did
    """
)
