"""Text to tokens: words, numbers, quoted strings and punctuation, each with its place in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .inflection import lemma

_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]{1,120}"|\u201c[^\u201d]{1,120}\u201d|\u2018[^\u2019]{1,120}\u2019|``[^`']{1,120}''|`[^`']{1,120}[`']
        |(?<![A-Za-z0-9])'(?=\S)[^'"]{1,120}?(?<=\S)'(?![A-Za-z]))
    |(?P<date>\d{4}-\d\d?-\d\d?(?:[ T]\d\d:\d\d(?::\d\d)?)?|\d\d?/\d\d?/\d{2,4})
    |(?P<number>(?<![A-Za-z])[-+]?\$?\d{1,3}(?:,\d{3})+(?:\.\d+)?%?(?![A-Za-z0-9])
        |(?<![A-Za-z0-9])-?\$?\d+(?:\.\d+)?%?(?![A-Za-z0-9]))
    |(?P<negation>(?<=[A-Za-z])n['\u2019]t(?![A-Za-z]))
    |(?P<word>[A-Za-z]+?(?=n['\u2019]t(?![A-Za-z]))|[A-Za-z0-9À-ɏ]+(?:[._&@+#][A-Za-z0-9À-ɏ]+)*(?:-[A-Za-z0-9À-ɏ]+)*)
    |(?P<possessive>['\u2019]s?(?![A-Za-z]))
    |(?P<punct>[^\sA-Za-z0-9])""",
    re.VERBOSE,
)

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty":
    40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand":
    1000,
}  # fmt: skip
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7, "8th":
    8, "9th": 9, "10th": 10,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000, "k": 1_000}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is word, number, quoted or punct; `value` is the number or the text between the quotes."""

    start: int
    end: int
    text: str
    low: str
    lemma: str
    kind: str
    value: float | int | str | None = None

    @property
    def capital(self) -> bool:
        """Whether it is written like a name."""
        return self.kind == "word" and self.text[:1].isupper()


def tokenise(text: str) -> tuple[Token, ...]:
    """The tokens of `text`, in order."""
    tokens = [_token(match) for match in _TOKEN.finditer(text)]
    for i in range(1, len(tokens)):
        if tokens[i].low == "then" and (
            tokens[i - 1].low in ("more", "less") or tokens[i - 1].low.endswith("er")
        ):
            tokens[i] = replace(tokens[i], low="than", lemma="than")
    return tuple(tokens)


def _token(match: re.Match[str]) -> Token:
    raw, start, end = match.group(), match.start(), match.end()
    kind = match.lastgroup or "punct"
    low = raw.lower()
    if kind == "quoted":
        inner = raw.strip("\"\u201c\u201d\u2018\u2019`'").strip().rstrip(",.?")
        return Token(start, end, raw, inner.lower(), inner.lower(), "quoted", inner)
    if kind == "number":
        return Token(start, end, raw, low, low, "number", _number(low))
    if kind == "date":
        return Token(start, end, raw, low, low, "date", raw)
    if kind == "negation":
        return Token(start, end, raw, "not", "not", "word")
    if kind == "possessive":
        return Token(start, end, raw, "'s", "'s", "punct")
    if kind == "word" and low in _UNITS:
        return Token(start, end, raw, low, low, "word", _UNITS[low])
    return Token(start, end, raw, low, lemma(low) if kind == "word" else low, kind)


def _number(text: str) -> float | int:
    text = text.replace(",", "").replace("$", "").rstrip("%")
    return float(text) if "." in text else int(text)


def number_at(tokens: tuple[Token, ...], i: int) -> tuple[float | int, int] | None:
    """The number that begins at token i, with a scale word behind it, and where it ends."""
    if i >= len(tokens):
        return None
    token = tokens[i]
    if token.low in ("$", "€", "£") and i + 1 < len(tokens):
        return number_at(tokens, i + 1)
    if not isinstance(token.value, (int, float)):
        return None
    value: float | int = token.value
    end = i + 1
    while end < len(tokens) and tokens[end].low in _SCALES:
        value *= _SCALES[tokens[end].low]
        end += 1
    return value, end


def ordinal(word: str) -> int | None:
    """`third` -> 3."""
    return _ORDINALS.get(word.split("-", maxsplit=1)[0])
