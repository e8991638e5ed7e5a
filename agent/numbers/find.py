"""The numbers of a question, the longest where several readings begin at one word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ..tokens import DIGITS, Token, tokens
from .money import AFTER, BEFORE, CENTS, COUNTRIES, MILLIONS
from .values import Kind, Number
from .words import (
    DOZENS,
    GLYPHS,
    NTH_SCALES,
    NTHS,
    ONES,
    PARTS,
    SCALES,
    SUFFIXES,
    TENS,
    Value,
    cardinal,
    digits,
    key,
)

_PERCENT = frozenset({"%", "percent", "percents", "percentage", "pct"})
_ONE_IS_A_PRONOUN_AFTER = frozenset(
    [
        "the",
        "this",
        "that",
        "which",
        "each",
        "every",
        "any",
        "no",
        "another",
        "last",
        "next",
        "previous",
        "only",
    ]
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What tokens up to `end` mean."""

    end: int
    value: Value
    kind: Kind
    unit: str | None = None


def find_numbers(text: str) -> tuple[Number, ...]:
    """The numbers said in a question, in order, none within another."""
    return tuple(number for _, _, number in numbers(text, tokens(text)))


def numbers(text: str, said: tuple[Token, ...]) -> Iterator[tuple[int, int, Number]]:
    """Each number with its tokens [begin, end)."""
    at = 0
    while at < len(said):
        found = _amount(said, at)
        if found is None or not _stands_alone(said, at, found.end):
            at += 1
            continue
        start, stop = said[at].start, said[found.end - 1].end
        yield (
            at,
            found.end,
            Number(start, stop, text[start:stop], _plain(found.value), found.kind, found.unit),
        )
        at = found.end


def _plain(value: Value) -> Value:
    """Whole values as `int`."""
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value


def _stands_alone(said: tuple[Token, ...], begin: int, end: int) -> bool:
    """Not inside a word: "180ml"; and "one" only where it counts."""
    before = said[begin - 1].key if begin else ""
    if said[begin].key == "one" and end == begin + 1:
        return before not in _ONE_IS_A_PRONOUN_AFTER
    if before == "%" and said[begin].joined:
        return False
    last = said[end - 1]
    after = said[end] if end < len(said) else None
    return not (
        after and after.joined and last.key[-1].isdigit() and after.key.isalpha() and after.key != "x"
    )


def _amount(said: tuple[Token, ...], at: int) -> Reading | None:
    """Money and percent, or a number alone."""
    if money := _money_before(said, at):
        return money
    if share := _percent_of(said, at):
        return share
    number = _signed(said, at)
    if number is None or number.kind == "ordinal":
        return number
    if key(said, number.end) in _PERCENT:
        return Reading(number.end + 1, number.value, "percent")
    if key(said, number.end) == "per" and key(said, number.end + 1) == "cent":
        return Reading(number.end + 2, number.value, "percent")
    return _money_after(said, number) or number


def _percent_of(said: tuple[Token, ...], at: int) -> Reading | None:
    """ "Percent of 20"."""
    of = at + (
        2 if (key(said, at), key(said, at + 1)) == ("per", "cent") else 1 if key(said, at) in _PERCENT else 0
    )
    if of == at or key(said, at) == "%" or key(said, of) != "of" or of + 1 >= len(said):
        return None
    share = _signed(said, of + 1)
    return share and Reading(share.end, share.value, "percent")


def _money_before(said: tuple[Token, ...], at: int) -> Reading | None:
    """ "$5.4m", "US$ 10", "EUR 20"."""
    unit, number_at = BEFORE.get(key(said, at)), at + 1
    if millions := MILLIONS.get(key(said, at)):
        number = _signed(said, at + 1) if at + 1 < len(said) else None
        return Reading(number.end, number.value * 10**6, "currency", millions) if number else None
    if country := COUNTRIES.get(key(said, at)):
        if key(said, at + 1) != "$":
            country = None
        else:
            unit, number_at = country, at + 2
    if unit is None or number_at >= len(said):
        return None
    number = _signed(said, number_at)
    if number is None or number.kind in ("ordinal", "fraction"):
        return None
    value, end = number.value, number.end
    if key(said, at) == "$" and key(said, end).isalpha() and key(said, end) in AFTER:
        unit, end = AFTER[key(said, end)], end + 1
    return Reading(end, value, "currency", unit)


def _money_after(said: tuple[Token, ...], number: Reading) -> Reading | None:
    """ "20 euros", "3 dollars 50 cents", "10 us dollars"."""
    at = number.end + (key(said, number.end) == "-")
    if key(said, at) in CENTS:
        return Reading(at + 1, Decimal(number.value) / 100, "currency", CENTS[key(said, at)])
    words = f"{key(said, at)} {key(said, at + 1)}"
    unit, end = (AFTER[words], at + 2) if words in AFTER else (AFTER.get(key(said, at)), at + 1)
    if millions := MILLIONS.get(key(said, at)):
        return Reading(at + 1, number.value * 10**6, "currency", millions)
    if unit is None:
        return None
    if scale := SCALES.get(key(said, end)):
        return Reading(end + 1, number.value * scale, "currency", unit)
    cents_at = end + (key(said, end) == "and")
    cents = _signed(said, cents_at) if cents_at < len(said) else None
    if cents and key(said, cents.end) in CENTS and 0 <= cents.value < 100:
        return Reading(cents.end + 1, number.value + Decimal(cents.value) / 100, "currency", unit)
    return Reading(end, number.value, "currency", unit)


def _signed(said: tuple[Token, ...], at: int) -> Reading | None:
    word = key(said, at)
    if word in ("minus", "negative") or (word == "-" and _is_sign(said, at)):
        number = _number(said, at + 1) if at + 1 < len(said) else None
        return (
            Reading(number.end, -number.value, number.kind) if number and number.kind != "ordinal" else None
        )
    return _number(said, at)


def _is_sign(said: tuple[Token, ...], at: int) -> bool:
    """A minus touches its number and stands away from what is before it."""
    alone = at == 0 or not said[at].joined or said[at - 1].key in ("(", "<", ">", "=", "$")
    return alone and at + 1 < len(said) and said[at + 1].joined


def _number(said: tuple[Token, ...], at: int) -> Reading | None:
    """The longest reading; of equals the first of these."""
    readings = [
        reading
        for read in (_with_fraction, _fraction, _halves, _ordinal, _scaled, _spoken_decimal, _count)
        if (reading := read(said, at)) is not None
    ]
    return max(readings, key=lambda reading: reading.end, default=None)


def _kind(value: Value) -> Kind:
    return "integer" if value == int(value) else "decimal"


def _count(said: tuple[Token, ...], at: int) -> Reading | None:
    """ "three hundred and two", "a dozen", "1,234"."""
    start = at + (key(said, at) in ("a", "an"))
    if start > at and key(said, start) not in ("hundred", *SCALES, *DOZENS):
        return None
    found = cardinal(said, start)
    value, end = found or (1, start)
    if key(said, end) in DOZENS:
        return Reading(end + 1, value * 12, "integer")
    return Reading(end, value, _kind(value)) if found else None


def _scaled(said: tuple[Token, ...], at: int) -> Reading | None:
    """ "2k", "5.4m", "1e6"."""
    found = digits(said, at) if at < len(said) else None
    if found is None:
        return None
    value, end = found
    suffix = key(said, end)
    if suffix in SUFFIXES and (said[end].joined or said[end].text in ("k", "K", "M", "B", "bn", "G")):
        scaled = value * SUFFIXES[suffix]
        return Reading(end + 1, scaled, _kind(scaled))
    if suffix == "e" and said[end].joined and (power := _power(said, end + 1)):
        scaled = Decimal(value) * Decimal(10) ** power[0]
        return Reading(power[1], scaled, _kind(scaled))
    return None


def _power(said: tuple[Token, ...], at: int) -> tuple[int, int] | None:
    sign = -1 if key(said, at) == "-" else 1
    at += key(said, at) in ("-", "+")
    if key(said, at) != DIGITS or not said[at].joined or said[at].number > 30:
        return None
    return sign * said[at].number, at + 1


def _spoken_decimal(said: tuple[Token, ...], at: int) -> Reading | None:
    """ "two point five", "zero point zero three"."""
    whole = cardinal(said, at)
    if whole is None or key(said, whole[1]) != "point":
        return None
    end, decimals = whole[1] + 1, ""
    while key(said, end) in ONES or key(said, end) in TENS:
        word = key(said, end)
        ones = word in TENS and (1 + (key(said, end + 1) == "-"))
        if ones and 0 < ONES.get(key(said, end + ones), 0) < 10:
            decimals += str(TENS[word] + ONES[key(said, end + ones)])
            end += ones
        else:
            decimals += str(ONES.get(word, TENS.get(word)))
        end += 1
    return Reading(end, Decimal(f"{whole[0]}.{decimals}"), "decimal") if decimals else None


def _part(said: tuple[Token, ...], at: int) -> tuple[Decimal, int] | None:
    """A fraction below a unit: "two thirds", "a quarter", "half", "3/4", "½"."""
    word = key(said, at)
    if word in GLYPHS:
        return Decimal(GLYPHS[word][0]) / GLYPHS[word][1], at + 1
    if word == DIGITS and key(said, at + 1) == "/" and key(said, at + 2) == DIGITS and said[at + 2].number:
        if "/" in (key(said, at + 3), said[at - 1].key if at else ""):
            return None
        return Decimal(said[at].number) / said[at + 2].number, at + 3
    if word == "half":
        return Decimal("0.5"), at + 1
    if word in ("a", "an"):
        over: tuple[Value, int] | None = (1, at + 1)
    else:
        over = (
            (ONES[word], at + 1)
            if word in ONES
            else cardinal(said, at)
            if word in TENS or word == DIGITS
            else None
        )
    if over is None or over[0] == 0:
        return None
    end = over[1] + (key(said, over[1]) == "-")
    under = key(said, end)
    if under not in PARTS or ((over[0] != 1) != under.endswith("s") and under != "half"):
        return None
    return Decimal(over[0]) / PARTS[under], end + 1


def _fraction(said: tuple[Token, ...], at: int) -> Reading | None:
    found = _part(said, at)
    if found is None:
        return _out_of(said, at)
    value, end = found
    if key(said, at) == "quarter":
        return None
    return Reading(end, value, "fraction")


def _out_of(said: tuple[Token, ...], at: int) -> Reading | None:
    """ "One out of three", "1 over 20"."""
    over = cardinal(said, at)
    if over is None:
        return None
    step = (
        2
        if key(said, over[1]) == "out" and key(said, over[1] + 1) == "of"
        else 1
        if key(said, over[1]) == "over"
        else 0
    )
    under = cardinal(said, over[1] + step) if step else None
    if under is None or under[0] <= 0 or over[0] > under[0]:
        return None
    return Reading(under[1], Decimal(over[0]) / Decimal(under[0]), "fraction")


def _with_fraction(said: tuple[Token, ...], at: int) -> Reading | None:
    """ "One and a half", "2 1/4", "one and a half million", "3 million and a half"."""
    whole = _count(said, at)
    if whole is None:
        return None
    joint = whole.end + (key(said, whole.end) == "and")
    part = _part(said, joint)
    slash = (key(said, at) == DIGITS and key(said, joint + 1) == "/") or key(said, joint) in GLYPHS
    if part is None or part[0] >= 1 or (joint == whole.end and not slash) or key(said, joint) == "half":
        return None
    scale = SCALES.get(key(said, whole.end - 1), 1)
    if key(said, part[1]) in SCALES:
        later = SCALES[key(said, part[1])]
        value = (whole.value + part[0]) * later if scale == 1 else whole.value + part[0] * later
        return Reading(part[1] + 1, value, _kind(value))
    value = whole.value + part[0] * scale
    return Reading(part[1], value, _kind(value))


def _halves(said: tuple[Token, ...], at: int) -> Reading | None:
    """ "Half a million", "half a dozen", "a quarter million", "two thirds of a million"."""
    start = at + (key(said, at) in ("a", "an"))
    part = (Decimal("0.25"), start + 1) if key(said, start) == "quarter" else _part(said, at)
    if part is None:
        return None
    end = part[1] + (key(said, part[1]) == "of")
    end += key(said, end) in ("a", "an")
    scale = 12 if key(said, end) in DOZENS else SCALES.get(key(said, end))
    return Reading(end + 1, part[0] * scale, "integer") if scale else None


def _ordinal(said: tuple[Token, ...], at: int) -> Reading | None:
    """ "3rd", "third", "twenty-first", "two hundredth"."""
    if key(said, at) == DIGITS and key(said, at + 1) in ("st", "nd", "rd", "th") and said[at + 1].joined:
        return Reading(at + 2, said[at].number, "ordinal")
    start = at + (key(said, at) in ("a", "an") and key(said, at + 1) == "hundred")
    before = None if key(said, start) == DIGITS else cardinal(said, start)
    base, end = before or (0, at)
    end += before is not None and key(said, end) in ("-", "and")
    last = key(said, end)
    if last not in NTHS or (before and base == 1 and last not in NTH_SCALES):
        return None
    if last in NTH_SCALES:
        return Reading(end + 1, (base or 1) * NTH_SCALES[last], "ordinal")
    room = 10 if base % 100 else 100
    return (
        Reading(end + 1, base + NTHS[last], "ordinal")
        if base % room == 0 and NTHS[last] < room * 10
        else None
    )
