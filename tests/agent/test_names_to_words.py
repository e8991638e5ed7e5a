"""Identifiers become words, and words of a question find them."""

from __future__ import annotations

import pytest

from thermocline.agent.english.inflection import degree, lemma, similar, stem
from thermocline.agent.names import name_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("OrderDate", ("order", "date")),
        ("lname", ("last", "name")),
        ("LName", ("last", "name")),
        ("StuID", ("student", "id")),
        ("birthdate", ("birth", "date")),
        ("petage", ("pet", "age")),
        ("is_open", ("open",)),
        ("num_of_staff", ("number", "staff")),
        ("price_2", ("price", "2")),
    ],
)
def test_an_identifier_is_read_as_words(name: str, words: tuple[str, ...]) -> None:
    assert name_words(name) == words


@pytest.mark.parametrize(
    ("word", "base"),
    [("cities", "city"), ("sorted", "sort"), ("making", "make"), ("has", "have"), ("bus", "bus")],
)
def test_a_form_has_its_base(word: str, base: str) -> None:
    assert lemma(word) == base


def test_a_verb_and_its_nouns_share_a_stem() -> None:
    assert stem("directed") == stem("director") == stem("direction")


def test_degrees_of_adjectives() -> None:
    assert degree("oldest") == ("old", "est")
    assert degree("heavier") == ("heavy", "er")
    assert degree("table") is None


def test_one_wrong_letter_is_similar_in_longer_words_only() -> None:
    assert similar("custommer", "customer")
    assert not similar("cat", "car")
