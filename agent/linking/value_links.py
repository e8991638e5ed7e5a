"""Values of the database in a question: whole phrases, singular or plural, nationalities, yes/no codes."""

from __future__ import annotations

from ..catalog import Catalog
from ..english.inflection import lemma
from ..english.lexicon import FUNCTION_WORDS
from ..english.synonyms import FLAGS, place_names
from ..english.tokens import Token
from ..values import Place, normalise
from .mentions import Mention


def link_values(tokens: tuple[Token, ...], catalog: Catalog) -> list[Mention]:
    """Every span that stands for a stored value."""
    found: list[Mention] = []
    index = catalog.values
    for i, token in enumerate(tokens):
        if token.kind in ("quoted", "date"):
            found += _mentions(i, i + 1, index.find(normalise(str(token.value))), 1.0)
            continue
        if token.kind == "punct":
            continue
        for end in range(min(len(tokens), i + index.longest + 2), i, -1):
            span = tokens[i:end]
            if span[-1].kind == "punct" or any(t.kind == "quoted" for t in span):
                continue
            found += _span(i, end, span, catalog)
    return found


def _span(i: int, end: int, span: tuple[Token, ...], catalog: Catalog) -> list[Mention]:
    index = catalog.values
    phrase = normalise(" ".join(t.text for t in span))
    single = len(span) == 1
    if not phrase or (single and _idle(span[0])):
        return []
    places = index.find(phrase)
    if places:
        return _mentions(i, end, places, _written_like(span, places))
    if span[-1].kind != "word":
        return []
    base = normalise(" ".join([*(t.text for t in span[:-1]), span[-1].lemma]))
    if base != phrase and (places := index.find(base)):
        return _mentions(i, end, places, 0.85 if not single or span[0].capital else 0.75)
    plural = index.find(phrase + "s")
    if plural:
        return _mentions(i, end, plural, 0.8)
    if single:
        part = index.find_part(phrase) or index.find_part(base)
        return _by_meaning(i, span[0], catalog) or _mentions(i, end, part, 0.6 if span[0].capital else 0.5)
    return []


def _idle(token: Token) -> bool:
    """Whether a lone token is too common to be a value by itself."""
    if token.kind == "number":
        return False
    if token.lemma in ("id", "name"):
        return True
    return (
        token.low in FUNCTION_WORDS and not (token.capital and len(token.text) > 2 and token.start > 0)
    ) or (len(token.low) == 1 and not token.capital)


def _written_like(span: tuple[Token, ...], places: tuple[Place, ...]) -> float:
    """Higher where the question writes the value as it is stored, or as a name."""
    text = " ".join(t.text for t in span)
    if any(place.value == text for place in places):
        return 1.0
    if all(t.kind == "number" for t in span):
        return 0.6
    return 0.95 if any(t.capital for t in span) or len(span) > 1 else 0.85


def _by_meaning(i: int, token: Token, catalog: Catalog) -> list[Mention]:
    out: list[Mention] = []
    for name in place_names(token.low):
        out += _mentions(i, i + 1, catalog.values.find(name), 0.85)
    for code in FLAGS.get(token.low, FLAGS.get(lemma(token.low), ())):
        out += _mentions(i, i + 1, _coded(catalog, code), 0.8)
    return out


def _coded(catalog: Catalog, code: str) -> tuple[Place, ...]:
    """Places of a short code, in columns that hold few different values."""
    return tuple(
        place
        for place in catalog.values.find(code)
        if catalog.column_of[(place.table, place.column)].distinct <= 4
    )


def _mentions(start: int, end: int, places: tuple[Place, ...], score: float) -> list[Mention]:
    return [Mention(start, end, "value", p.table, p.column, p.value, score) for p in places]
