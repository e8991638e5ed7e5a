"""Text -> tokens: words, numbers and signs, each with its place in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

DIGITS = "0"
"""The key of every number written in plain digits."""

_TOKEN = re.compile(
    r"['\u2019]s\b|[a-z]+|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+|[^\s\w]|[^\W\d_a-z]+|_", re.IGNORECASE
)
_SAME_SIGN = {"\u2013": "-", "\u2014": "-", "~": "-", "\u2019": "'", "\u2019s": "'s"}
"""Dashes and apostrophes are one sign each."""


@dataclass(frozen=True, slots=True)
class Token:
    """`key`: what rules compare: the word in lower case, the sign, or `DIGITS`. `joined`: no space before."""

    key: str
    text: str
    start: int
    end: int
    joined: bool

    @property
    def number(self) -> int:
        return int(self.text)


def tokens(text: str) -> tuple[Token, ...]:
    found = []
    last = -1
    for match in _TOKEN.finditer(text):
        word = match[0]
        key = DIGITS if word.isdecimal() and word.isascii() else word.lower()
        start, end = match.span()
        found.append(Token(_SAME_SIGN.get(key, key), word, start, end, start == last))
        last = end
    return tuple(found)
