"""Names of tables and columns in a question: by words, forms, short forms, synonyms, misspellings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..catalog import Catalog, Column
from ..english.inflection import lemma, similar, stem, words
from ..english.synonyms import synonyms
from ..english.tokens import Token
from .mentions import Mention

EXACT, STEM, SYNONYM, SHORT, FUZZY = 1.0, 0.85, 0.72, 0.75, 0.7
_FILLERS = frozenset(("of", "the", "'s", "a", "an", "-", "for", "in", "every", "each", "all", "their"))
_MEASURES = frozenset(("number", "amount", "value", "percentage", "percent", "proportion", "count", "total"))
_UNITS = words("kg lb g km m cm mm ms s min usd eur gbp pct percent celsius")
"""What a name says of its unit: `weight_kg` is asked for as weight."""
_WEAK = words(
    """
    be have do the a an of to for in on at by from with and or not no it its that which who what where
    when how many much more most less least than each every all any list show find give return us me
    their there
    """
)


@dataclass(frozen=True, slots=True)
class _Item:
    """A name to look for: its words, and the words of its table that may stand beside them."""

    table: str
    column: str
    words: tuple[str, ...]
    extra: frozenset[str]
    penalty: float = 1.0
    own: frozenset[str] = frozenset()
    row_id: bool = False
    metric: str = ""


class SchemaIndex:
    """The names of one catalog, ready to be looked up."""

    def __init__(self, catalog: Catalog) -> None:
        self._items: list[_Item] = []
        self._by_word: dict[str, list[int]] = {}
        for table in catalog.tables:
            self._add(_Item(table.name, "", table.words, frozenset()))
            for name in table.synonyms:
                self._add(_Item(table.name, "", _phrase(name), frozenset(), 0.98))
            for column in table.columns:
                extra = _beside(table.words, column)
                own = frozenset(table.words) & set(column.words[:-1])
                row_id = column.name in table.primary_key or (table.name, column.name) in catalog.foreign_keys
                self._add(_Item(table.name, column.name, column.words, extra, 1.0, own, row_id))
                for name in column.synonyms:
                    self._add(_Item(table.name, column.name, _phrase(name), frozenset(), 0.98))
        for metric in catalog.metrics:
            for name in (metric.name.replace("_", " "), *metric.synonyms):
                self._add(_Item(metric.table, "", _phrase(name), frozenset(), metric=metric.name))
        self._stems: dict[str, list[str]] = {}
        self._synonyms: dict[str, list[str]] = {}
        for word in self._by_word:
            self._stems.setdefault(stem(word), []).append(word)
            for other in synonyms(word):
                self._synonyms.setdefault(other, []).append(word)
        self.matches = lru_cache(maxsize=20_000)(self._matches)

    def _add(self, item: _Item) -> None:
        self._items.append(item)
        for word in {*item.words}:
            self._by_word.setdefault(word, []).append(len(self._items) - 1)

    def _matches(self, word: str, base: str) -> dict[str, float]:
        """Words of the schema that a word of a question may stand for, each with its quality."""
        found: dict[str, float] = {}

        def add(name: str, quality: float) -> None:
            if quality > found.get(name, 0.0):
                found[name] = quality

        # Without its `s`, as in `skus`, a word is read where English would not but the schema does.
        for form in (word, base, word.removesuffix("s")):
            if form in self._by_word:
                add(form, EXACT)
        if base in _WEAK or word in _WEAK:
            return found
        for name in self._stems.get(stem(base), ()):
            add(name, STEM)
        for name in self._synonyms.get(base, ()):
            add(name, SYNONYM)
        if len(base) >= 5 and not found:
            for name in self._by_word:
                if 2 <= len(name) <= 5 and len(name) < len(base) and base.startswith(name):
                    add(name, SHORT if len(name) > 2 else 0.5)
                elif similar(base, name):
                    add(name, FUZZY)
        return found

    def link(self, tokens: tuple[Token, ...]) -> list[Mention]:
        """Every mention of a table or column."""
        matches = [self._at(tokens, i) for i in range(len(tokens))]
        found: dict[tuple[int, int, str, str, str], Mention] = {}
        for i, at in enumerate(matches):
            candidates = {index for _, word, _ in at for index in self._by_word[word]}
            if at:
                candidates |= self._with_extra(at)
            for index in candidates:
                for mention in _extend(self._items[index], i, tokens, matches):
                    key = (mention.start, mention.end, mention.table, mention.column, mention.value)
                    if key not in found or found[key].score < mention.score:
                        found[key] = mention
        return list(found.values())

    def _with_extra(self, at: list[tuple[int, str, float]]) -> set[int]:
        """Columns that a word of their table may introduce: `airport` in `airport name`."""
        words = {word for _, word, quality in at if quality >= STEM}
        return {i for i, item in enumerate(self._items) if item.extra & words}

    def _at(self, tokens: tuple[Token, ...], i: int) -> list[tuple[int, str, float]]:
        """(tokens taken, schema word, quality) of what begins at token i."""
        token = tokens[i]
        if token.kind != "word":
            return [(1, token.low, EXACT)] if token.kind == "number" and token.low in self._by_word else []
        out = [(1, word, quality) for word, quality in self.matches(token.low, token.lemma).items()]
        if "-" in token.low:
            joined = token.low.replace("-", "")
            out += [(1, w, EXACT) for w in (joined, lemma(joined)) if w in self._by_word]
        if i + 1 < len(tokens) and tokens[i + 1].kind == "word":
            for joined in (token.low + tokens[i + 1].low, token.low + tokens[i + 1].lemma):
                if joined in self._by_word:
                    out.append((2, joined, EXACT))
        return out


def _beside(table_words: tuple[str, ...], column: Column) -> frozenset[str]:
    """Words that may stand beside a column's own without saying more: its table, `name`, `number`."""
    words = set(table_words) if len(column.words) < 4 else set()
    if column.kind == "text" and not column.is_id:
        words.add("name")
    elif column.numeric and not column.is_id:
        words |= _MEASURES
    return frozenset(words) - set(column.words)


def _phrase(text: str) -> tuple[str, ...]:
    return tuple(lemma(word) for word in text.lower().split())


def _extend(
    item: _Item, start: int, tokens: tuple[Token, ...], matches: list[list[tuple[int, str, float]]]
) -> list[Mention]:
    """Mentions of `item` from `start`: the longest, and the shorter ones before each filler."""
    out: list[Mention] = []
    used: dict[str, float] = {}
    extra: dict[str, float] = {}
    i, end = start, start
    while i < len(tokens):
        step = _step(item, used, extra, matches[i])
        if step is None:
            if not (end > start and tokens[i].low in _FILLERS and i - end < 2):
                break
            if used and i == end:
                out += _mention(item, start, end, used, extra)
            i += 1
            continue
        length, word, quality = step
        (used if word in item.words else extra)[word] = quality
        i = end = i + length
    if used:
        out += _mention(item, start, end, used, extra)
    return out


def _step(
    item: _Item, used: dict[str, float], extra: dict[str, float], at: list[tuple[int, str, float]]
) -> tuple[int, str, float] | None:
    """The best word of the item, not used yet, that a token stands for."""
    best = None
    for length, word, quality in at:
        if word in used or word in extra:
            continue
        if word in item.words or (word in item.extra and quality >= STEM):
            rank = (word in item.words, quality, length)
            if best is None or rank > best[0]:
                best = (rank, (length, word, quality))
    return best[1] if best else None


def _mention(
    item: _Item, start: int, end: int, used: dict[str, float], extra: dict[str, float]
) -> list[Mention]:
    if item.words[-1] == "id" and "id" not in used and item.column and item.row_id:
        return []
    if item.own and set(used) <= item.own:
        return []
    total = sum(_weight(word, item) for word in item.words)
    got = sum(_weight(word, item) for word in used)
    quality = sum(used.values()) / len(used)
    coverage = got / total if total else 0.0
    score = quality * (0.35 + 0.65 * coverage) * item.penalty
    if extra:
        score = min(1.0, score * 1.04)
    if score < 0.42:
        return []
    kind = "metric" if item.metric else "column" if item.column else "table"
    return [Mention(start, end, kind, item.table, item.column, item.metric, round(score, 3), coverage > 0.99)]


def _weight(word: str, item: _Item) -> float:
    """How much of a name a word is: little for one that only repeats the table, for a single letter or a
    unit.
    """
    if word.isdigit():
        return 0.02
    if len(word) < 2:
        return 0.1
    if item.column and word in item.own:
        return 0.35
    if word in _UNITS and word != item.words[0]:
        return 0.25
    return 0.5 if word in ("reference", "code", "number", "detail") else 1.0
