"""Grains to group by: "by month", "per week", "daily", "every 2 weeks", "by day of the week"."""

from __future__ import annotations

from collections.abc import Iterator

from ..grammar import Grammar, Parse, Rule, Terminal, rule, words
from ..tokens import tokens
from . import comparisons, lexicon
from .values import Grain

_ADVERBS = {
    "hour": "hourly",
    "day": "daily",
    "week": "weekly",
    "month": "monthly",
    "quarter": "quarterly",
    "year": "yearly annually annual",
}

_LIST = 4
"""How many words after "by" a list may still go on: "by region and month"."""

Found = tuple[str, int, str | None]
"""Unit, count, and what it comes round in."""


def _grain(_: object, unit: str, count: int = 1, within: str | None = None) -> Found | None:
    return None if unit == "second" else (unit, count, within)


TERMINALS: tuple[Terminal, ...] = (
    words("adverb", {word: unit for unit, said in _ADVERBS.items() for word in said.split()}),
    words("one_unit", {word: unit for word, unit in lexicon.UNITS.items() if not word.endswith("s")}),
)

RULES: tuple[Rule, ...] = (
    *rule("grain", _grain, "by|per|each|every the? calendar|fiscal? <unit:one_unit>", "by <unit>"),
    *rule("grain", _grain, "in|for|of each|every <unit:one_unit>", "by each|every <unit:one_unit>"),
    *rule("grain", _grain, "every|per|by <count> -? <unit>", "<unit:adverb>", "on a|an <unit:adverb> basis"),
    *rule(
        "grain",
        lambda _, a, b: _grain(_, a) if a == b else None,
        "<a:one_unit> -? by|over|on|after|to -? <b:one_unit>",
    ),
    *rule("grain", lambda _, over: _grain(_, over.unit), "<over>"),
    *rule("grain", _grain, "<unit:one_unit> wise", "<unit:one_unit> - wise"),
    *rule(
        "grain",
        _grain,
        "by|per|each|every? <unit:one_unit> of the? <within:one_unit>",
        "by|per|each|every? <unit:one_unit> - of - <within:one_unit>",
    ),
    *rule("grain", lambda _: _grain(_, "day", within="week"), "by|per|each|every weekday"),
    *rule(
        "more",
        _grain,
        "and|,|then by? <unit:one_unit>",
        "and|, by? <unit:one_unit> of the? <within:one_unit>",
    ),
)

_GRAMMAR = Grammar(
    (*lexicon.TERMINALS, *comparisons.TERMINALS, *TERMINALS), (*lexicon.RULES, *comparisons.RULES, *RULES)
)


def find_grains(text: str) -> tuple[Grain, ...]:
    """The grains a question asks to group by, in order."""
    return tuple(_grains(text))


def _grains(text: str) -> Iterator[Grain]:
    said = tokens(text)
    parse = Parse(_GRAMMAR, said, None)
    at = 0
    listing = 0
    while at < len(said):
        meant = parse.at("grain", at) or (parse.at("more", at) if listing else {})
        end = max(meant, default=at + 1)
        listing = _LIST if meant or said[at].key in ("by", "per") else max(listing - 1, 0)
        if meant:
            unit, count, within = meant[end]
            start, stop = said[at].start, said[end - 1].end
            yield Grain(start, stop, text[start:stop], unit, count, within)
        at = end
