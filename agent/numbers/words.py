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
    """A count in words, or in digits with words of scale ("4 thousand 3 hundred"); and the token behind it."""
    total: Value = 0
    group: Value | None = None
    limit = 10**18
    end = at
    while end < len(said):
        step = end + 1 if key(said, end) == "and" and end > at and _may_follow_and(total, group) else end
        if (
            (hyphen := key(said, step) == "-")
            and group is not None
            and key(said, step + 1) in ONES
            and step == end
        ):
            step += 1
        word = key(said, step)
        if word == "hundred" or word == "hundreds":
            if group is not None and group >= 100 and step != at:
                break
            group = 100 * (1 if group is None else group)
        elif word in SCALES:
            scale = SCALES[word]
            if group is None and total and scale < limit:
                break
            if scale >= limit and not (group is None and total):
                break
            total = (total + (1 if group is None else group) * scale) if scale < limit else total * scale
            group, limit = None, scale
        else:
            small = _small(said, step, group, limit, first=end == at)
            if small is None or (hyphen and not group):
                break
            value, after = small
            group = (group or 0) + value
            end = after
            continue
        end = step + 1
    if end == at or (total == 0 and group is None):
        return None
    return total + (group or 0), end


def _may_follow_and(total: Value, group: Value | None) -> bool:
    return total > 0 or (group is not None and group >= 100 and group % 100 == 0)


def _small(
    said: tuple[Token, ...], at: int, group: Value | None, limit: int, first: bool
) -> tuple[Value, int] | None:
    """What may still join a group: ones after tens, tens after hundreds, digits where a count begins."""
    word = key(said, at)
    room = (
        1000
        if group is None
        else 100
        if group % 100 == 0 and group
        else 10
        if group % 10 == 0 and group
        else 0
    )
    if word in ONES and (ONES[word] or first):
        return (ONES[word], at + 1) if ONES[word] < room else None
    if word in TENS:
        return (TENS[word], at + 1) if room >= 100 else None
    found = digits(said, at) if at < len(said) else None
    if found is None:
        return None
    value, end = found
    if first:
        return found
    follows = key(said, end) in ("hundred", *SCALES) and group is None
    ends = isinstance(value, int) and 0 < value < (room if group else limit) and key(said, at - 1) == "and"
    return found if follows or (ends and key(said, end) not in ("hundred", *SCALES)) else None
