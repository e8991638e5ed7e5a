"""Patterns mean what they say, and every rule hands its function what that takes."""

from __future__ import annotations

import inspect

import pytest

from thermocline.agent.grammar import Grammar, Parse, digits, rule, words
from thermocline.agent.numbers import ranges
from thermocline.agent.periods import grains, question
from thermocline.agent.tokens import tokens


def _leave_the_calendar(_: object, colour: str) -> None:
    raise OverflowError(colour)


SHADES = Grammar(
    (words("colour", {"red": "r", "green": "g"}), digits("count", 1, 9)),
    (
        *rule(
            "thing",
            lambda _, colour, count=1: (count, colour),
            "<colour> ones?",
            "(<count> very?)? <colour>",
            "<colour> <count>",
        ),
        *rule("pair", lambda _, a, b: a + b, "<a:thing> and|or <b:thing>"),
        *rule("late", _leave_the_calendar, "<colour>"),
    ),
)


def _ends(name: str, text: str) -> dict[int, object]:
    return Parse(SHADES, tokens(text), None).at(name, 0)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("thing", "red", {1: (1, "r")}),
        ("thing", "green ones", {1: (1, "g"), 2: (1, "g")}),
        ("thing", "3 very red", {3: (3, "r")}),
        ("thing", "red 3", {1: (1, "r"), 2: (3, "r")}),
        ("thing", "12 red", {}),
        ("thing", "blue", {}),
        ("pair", "red 2 or green", {4: (2, "r", 1, "g")}),
        ("late", "red", {}),
    ],
)
def test_a_pattern(name: str, text: str, found: dict[int, object]) -> None:
    assert _ends(name, text) == found


@pytest.mark.parametrize(
    "grammar", [question.GRAMMAR, grains.GRAMMAR, ranges.GRAMMAR], ids=["periods", "grains", "ranges"]
)
def test_every_rule_fits_its_function(grammar: Grammar) -> None:
    for each in grammar.rules():
        inspect.signature(each.build).bind(None, **dict.fromkeys(each.slots))
