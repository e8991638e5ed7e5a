"""What is wrong with a text in YAML is told at its line, all of it at once, and as the lake's own error."""

from __future__ import annotations

import pytest

from thermocline.core.errors import Invalid
from thermocline.core.marked_yaml import read_marked

TEXT = """\
tables:
  orders:
    key: id
joins: [a.b -> c.d]
"""


def test_everything_has_its_line() -> None:
    marked = read_marked(TEXT, "model")
    assert marked.value == {"tables": {"orders": {"key": "id"}}, "joins": ["a.b -> c.d"]}
    paths = [("tables",), ("tables", "orders", "key"), ("joins", 0), ("tables", "orders", "nothing")]
    assert [marked.line(path) for path in paths] == [1, 3, 4, 2]


def test_an_empty_text_is_an_empty_document() -> None:
    assert read_marked("# nothing\n", "model").value == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1", "model: line 1: not YAML"),
        ("a: b: c", "model: line 1: not YAML"),
        ("a: 1\nA: 2", "model: line 2: `A` is there twice"),
        ("a: 1\n? [b]\n: 2", "model: line 2: a key is no name"),
        ("a: 1\nb: 2026-02-30", "model: line 2: '2026-02-30' is no value"),
        ("a: 1\nb: !lua x", "model: line 2: 'x' is no value"),
        ("a: \x00", "model: not YAML"),
        ("a: &a [1]\nb: [*a, *a]", "model: line 2: an alias"),
        ("a: &a [*a]", "model: line 1: an alias"),
        ("[" * 5_000 + "]" * 5_000, "model: line 1: lists in lists"),
        ("- " * 5_000, "model: line 1: lists in lists"),
    ],
)
def test_what_cannot_be_read_is_invalid(text: str, told: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_marked(text, "model")
    assert told in caught.value.message
    assert caught.value.hint


def test_all_problems_are_told_with_their_hints() -> None:
    with pytest.raises(Invalid, match=r"line 2: .*; line 3: ") as caught:
        read_marked("a: 1\na: 2\nb: !lua x\n", "model")
    assert caught.value.hint == "line 2: put it into line 1; line 3: quote it, if it is a text"
