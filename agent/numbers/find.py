"""The numbers of a question, with percent and amounts of money."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ..tokens import Token, tokens
from .money import AFTER, BEFORE, CENTS, COUNTRIES, MILLIONS
from .readings import Reading, signed
from .values import Number
from .words import SCALES, Value, key

_PERCENT = frozenset({"%", "percent", "percents", "percentage", "pct"})
_ONE_IS_A_PRONOUN_AFTER = frozenset({"the", "this", "that", "which", "each", "every", "any", "no", "another"})
_ONE_IS_A_PRONOUN_AFTER |= {"last", "next", "previous", "only"}


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
        number = Number(start, stop, text[start:stop], _plain(found.value), found.kind, found.unit)
        yield at, found.end, number
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
    number = signed(said, at)
    if number is None or number.kind == "ordinal":
        return number
    if key(said, number.end) in _PERCENT:
        return Reading(number.end + 1, number.value, "percent")
    if key(said, number.end) == "per" and key(said, number.end + 1) == "cent":
        return Reading(number.end + 2, number.value, "percent")
    return _money_after(said, number) or number


def _percent_of(said: tuple[Token, ...], at: int) -> Reading | None:
    """As "Percent of 20"."""
    of = at + (2 if (key(said, at), key(said, at + 1)) == ("per", "cent") else 1)
    if key(said, at) not in ("per", "percent", "percents") or key(said, of) != "of" or of + 1 >= len(said):
        return None
    share = signed(said, of + 1)
    return share and Reading(share.end, share.value, "percent")


def _money_before(said: tuple[Token, ...], at: int) -> Reading | None:
    """As "$5.4m", "US$ 10", "EUR 20"."""
    unit, number_at = BEFORE.get(key(said, at)), at + 1
    if millions := MILLIONS.get(key(said, at)):
        number = signed(said, at + 1) if at + 1 < len(said) else None
        return Reading(number.end, number.value * 10**6, "currency", millions) if number else None
    if key(said, at) in COUNTRIES and key(said, at + 1) == "$":
        # "A $20 order" is no Australian one.
        if key(said, at) in ("a", "s") and not said[at + 1].joined:
            return None
        unit, number_at = COUNTRIES[key(said, at)], at + 2
    if unit is None or number_at >= len(said):
        return None
    number = signed(said, number_at)
    if number is None or number.kind in ("ordinal", "fraction"):
        return None
    value, end = number.value, number.end
    if key(said, at) == "$" and key(said, end).isalpha() and key(said, end) in AFTER:
        unit, end = AFTER[key(said, end)], end + 1
    return Reading(end, value, "currency", unit)


def _money_after(said: tuple[Token, ...], number: Reading) -> Reading | None:
    """As "20 euros", "3 dollars 50 cents", "10 us dollars"."""
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
    cents = signed(said, cents_at) if cents_at < len(said) else None
    if cents and key(said, cents.end) in CENTS and 0 <= cents.value < 100:
        return Reading(cents.end + 1, number.value + Decimal(cents.value) / 100, "currency", unit)
    return Reading(end, number.value, "currency", unit)
