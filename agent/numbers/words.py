"""The words of numbers, and how they add up: "three hundred and two thousand"."""

from __future__ import annotations

from decimal import Decimal

from ..tokens import DIGITS, Token

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
)
ONES = {word: n for n, word in enumerate([*_ONES.split(), "seventeen", "eighteen", "nineteen"])} | {
    "nought": 0,
    "naught": 0,
}
TENS = {
    word: n * 10
    for n, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
SCALES = {
    "thousand": 10**3,
    "lakh": 10**5,
    "million": 10**6,
    "mil": 10**6,
    "mio": 10**6,
    "mln": 10**6,
    "crore": 10**7,
    "billion": 10**9,
    "bln": 10**9,
    "trillion": 10**12,
    "tln": 10**12,
}
SCALES |= {
    word + "s": n for word, n in SCALES.items() if word in ("thousand", "million", "billion", "trillion")
}
SUFFIXES = {
    "k": 10**3,
    "m": 10**6,
    "mm": 10**6,
    "mn": 10**6,
    "b": 10**9,
    "bn": 10**9,
    "g": 10**9,
    "t": 10**12,
    "tn": 10**12,
}
SUFFIXES |= {word: n for word, n in SCALES.items() if word in ("mil", "mio", "mln", "bln", "tln")}
"""Written at the number itself: "5.4m"."""
DOZENS = frozenset({"dozen", "dozens", "doz", "dozs", "dz", "dzs"})

_NTH = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
)
NTH_ONES = {word: n for n, word in enumerate([*_NTH.split(), "fifteenth", "sixteenth"], start=1)}
NTH_ONES |= {"seventeenth": 17, "eighteenth": 18, "nineteenth": 19}
NTH_TENS = {word[:-1] + "ieth": n for word, n in TENS.items()}
NTH_SCALES = {"hundredth": 100} | {
    word + "th": n for word, n in SCALES.items() if len(word) > 5 and word[-1] != "s"
}
NTHS = NTH_ONES | NTH_TENS | NTH_SCALES

_SPECIAL_PARTS = {"half": 2, "halves": 2, "quarter": 4, "quarters": 4}
PARTS = (
    {word: n for word, n in NTHS.items() if n > 2}
    | {word + "s": n for word, n in NTHS.items() if n > 2}
    | _SPECIAL_PARTS
)
"""Denominators: "two thirds", "three quarters"."""
GLYPHS = {
    "½": (1, 2),
    "⅓": (1, 3),
    "⅔": (2, 3),
    "¼": (1, 4),
    "¾": (3, 4),
    "⅕": (1, 5),
    "⅙": (1, 6),
    "⅛": (1, 8),
}

Value = int | Decimal


def digits(said: tuple[Token, ...], at: int) -> tuple[Value, int] | None:
    """A number in digits: "1,234.5", ".08", "12"; and the token behind it."""
    key = said[at].key
    if key == "." and _joined_digits(said, at + 1) and not (at and said[at].joined):
        return Decimal("0." + said[at + 1].text), at + 2
    if not key[0].isdigit() or not said[at].text.isascii():
        return None
    text, end = said[at].text.replace(",", ""), at + 1
    if (
        key == DIGITS
        and _point(said, end)
        and not _point(said, end + 2)
        and not (at and _point(said, at - 1))
    ):
        text, end = f"{text}.{said[end + 1].text}", end + 2
    return (Decimal(text), end) if "." in text else (int(text), end)


def _point(said: tuple[Token, ...], at: int) -> bool:
    return at < len(said) and said[at].key == "." and said[at].joined and _joined_digits(said, at + 1)


def _joined_digits(said: tuple[Token, ...], at: int) -> bool:
    return at < len(said) and said[at].key == DIGITS and said[at].joined


def key(said: tuple[Token, ...], at: int) -> str:
    return said[at].key if at < len(said) else ""


def cardinal(said: tuple[Token, ...], at: int) -> tuple[Value, int] | None:
    """A count in words, or digits with words of scale ("4 thousand 3 hundred"), and the token behind it."""
    total: Value = 0
    end, limit = at, None
    while (found := _scaled_group(said, end, limit)) is not None:
        value, scale, end = found
        total += value
        if scale == 1:
            break
        limit = scale
    return (total, end) if end > at else None


def _scaled_group(said: tuple[Token, ...], at: int, limit: int | None) -> tuple[Value, int, int] | None:
    """A group with its scale, which is below the last one: its value, the scale, the token behind it."""
    start = at + (limit is not None and key(said, at) == "and")
    group = _group(said, start, first=limit is None)
    value, end = group or (1, start)
    scale = 1
    while key(said, end) in SCALES:
        scale, end = scale * SCALES[key(said, end)], end + 1
    if group is None and (scale == 1 or limit is not None):
        return None
    return None if limit is not None and value * scale >= limit else (value * scale, scale, end)


def _group(said: tuple[Token, ...], at: int, first: bool) -> tuple[Value, int] | None:
    """What stands before a word of scale: "three hundred and two", "twenty-one", "1.5"."""
    found = _below_hundred(said, at) or (_digits_in_count(said, at, first))
    value, end = found or (1, at)
    if key(said, end) not in ("hundred", "hundreds"):
        return found
    value, end = value * 100, end + 1
    joint = end + (key(said, end) == "and")
    rest = _below_hundred(said, joint) or (
        _digits_in_count(said, joint, first=False) if joint > end else None
    )
    if rest and 0 < rest[0] < 100 and key(said, rest[1]) not in ("hundred", "hundreds"):
        return value + rest[0], rest[1]
    return value, end


def _digits_in_count(said: tuple[Token, ...], at: int, first: bool) -> tuple[Value, int] | None:
    """Digits go on with a count only before a word of scale, or behind "and"."""
    found = digits(said, at) if at < len(said) else None
    if found is None or first:
        return found
    goes_on = key(said, found[1]) in ("hundred", *SCALES) or (said[at - 1].key == "and" and found[0] > 0)
    return found if goes_on else None


def _below_hundred(said: tuple[Token, ...], at: int) -> tuple[int, int] | None:
    word = key(said, at)
    if word in ONES:
        return ONES[word], at + 1
    if word not in TENS:
        return None
    joint = at + 1 + (key(said, at + 1) == "-")
    one = ONES.get(key(said, joint), 0)
    return (TENS[word] + one, joint + 1) if 0 < one < 10 else (TENS[word], at + 1)
