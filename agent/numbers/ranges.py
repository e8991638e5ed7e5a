"""Ranges of numbers: "more than 5", "between 3 and 7", "at least ten", "under $20", "5 or more"."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..grammar import Grammar, Parse, Rule, Terminal, rule
from ..tokens import Token, tokens
from .find import numbers
from .values import Number, NumberRange

_NUMBER = "<number>"
"""The key of a token that stands for a whole number of the question."""


@dataclass(frozen=True, slots=True)
class Bounds:
    low: Number | None = None
    high: Number | None = None
    low_in: bool = False
    high_in: bool = False


Numbers = dict[int, Number]
"""Numbers by where they start: the context of the parse."""


def _above(said: Numbers, n: int) -> Bounds:
    return Bounds(low=said[n])


def _from(said: Numbers, n: int) -> Bounds:
    return Bounds(low=said[n], low_in=True)


def _below(said: Numbers, n: int) -> Bounds:
    return Bounds(high=said[n])


def _to(said: Numbers, n: int) -> Bounds:
    return Bounds(high=said[n], high_in=True)


def _exactly(said: Numbers, n: int) -> Bounds:
    return Bounds(said[n], said[n], low_in=True, high_in=True)


def _between(said: Numbers, a: int, b: int) -> Bounds | None:
    low, high = said[a], said[b]
    if high.kind == "currency" and low.kind in ("integer", "decimal"):
        low = replace(low, kind="currency", unit=high.unit)
    if high.kind == "percent" and low.kind in ("integer", "decimal"):
        low = replace(low, kind="percent")
    return Bounds(low, high, low_in=True, high_in=True) if low.value <= high.value else None


def _both(_: Numbers, a: Bounds, b: Bounds) -> Bounds | None:
    """One range out of a lower and an upper bound."""
    low, high = (a, b) if a.low else (b, a)
    if low.low is None or high.high is None or low.high or high.low or low.low.value >= high.high.value:
        return None
    return Bounds(low.low, high.high, low.low_in, high.high_in)


_MORE = "more|greater|larger|higher|bigger|older|longer|later|better"
_LESS = "less|fewer|smaller|lower|younger|shorter|cheaper"
_OR_EQUAL = "(or equal to|than?)"

RULES: tuple[Rule, ...] = (
    *rule(
        "bound",
        _above,
        f"{_MORE} than the? <n>",
        "over|above|beyond|exceeding|exceeds|exceed|exceeded <n>",
        "> <n>",
    ),
    *rule(
        "bound",
        _above,
        "surpass|surpasses|surpassing|surpassed|topping <n>",
        "in excess of <n>",
        "upwards|north of <n>",
    ),
    *rule(
        "bound",
        _from,
        f"{_MORE} than? {_OR_EQUAL} than|to? <n>",
        "at least (or equal to)? <n>",
        "> = <n>",
        "≥ <n>",
    ),
    *rule(
        "bound",
        _from,
        f"no|not {_LESS} than <n>",
        "not below|under <n>",
        "no below|under <n>",
        "minimum of? <n>",
    ),
    *rule(
        "bound",
        _from,
        f"<n> (or|and {_MORE}) than?",
        "<n> or|and above|over|up|upwards|beyond",
        f"equal to or {_MORE} than <n>",
    ),
    *rule(
        "bound",
        _from,
        f"equal to <n> or {_MORE} than?",
        f"{_MORE} than <n> or equal to?",
        "<n> +",
        "starting from|at <n>",
    ),
    *rule("bound", _below, f"{_LESS} than the? <n>", "under|below|beneath <n>", "< <n>"),
    *rule(
        "bound",
        _to,
        f"{_LESS} than? {_OR_EQUAL} than|to? <n>",
        "at most (or equal to)? <n>",
        "< = <n>",
        "≤ <n>",
    ),
    *rule(
        "bound",
        _to,
        f"no|not {_MORE} than <n>",
        "not over|above|exceeding <n>",
        "up to <n>",
        "maximum of? <n>",
    ),
    *rule(
        "bound", _to, f"<n> (or|and {_LESS}) than?", "<n> or|and below|under", f"equal to or {_LESS} than <n>"
    ),
    *rule("bound", _to, f"equal to <n> or {_LESS} than?", f"{_LESS} than <n> or equal to?"),
    *rule("range", lambda _, bound: bound, "<bound>"),
    *rule("range", _both, "<a:bound> and|but|, <b:bound>", "<a:bound> , and|but <b:bound>"),
    *rule(
        "range",
        _between,
        "between the? <a:n> and|to|- the? <b:n>",
        "from the? <a:n> to|through|until|- the? <b:n>",
    ),
    *rule("range", _between, "<a:n> -|to|through <b:n>"),
    *rule("range", _exactly, "equal|equals|equaling|equalling to? <n>", "exactly|precisely <n>", "= <n>"),
)

_GRAMMAR = Grammar((Terminal("n", frozenset({_NUMBER}), lambda token: token.start),), RULES)


def find_ranges(text: str) -> tuple[NumberRange, ...]:
    """The ranges of numbers said in a question, in order, none within another."""
    plain = tokens(text)
    found = {begin: (end, number) for begin, end, number in numbers(text, plain)}
    said = _collapsed(plain, found)
    parse = Parse(_GRAMMAR, said, {number.start: number for _, number in found.values()})
    ranges: list[NumberRange] = []
    at = 0
    while at < len(said):
        meant = {
            end: bounds
            for end, bounds in parse.at("range", at).items()
            if not _goes_on(said, end) and _stands_alone(said, at, end)
        }
        end = max(meant, default=at + 1)
        if meant:
            ranges.append(_range(text, said[at].start, said[end - 1].end, meant[end]))
        at = end
    return tuple(ranges)


def _collapsed(plain: tuple[Token, ...], found: dict[int, tuple[int, Number]]) -> tuple[Token, ...]:
    """Each number as one token."""
    said: list[Token] = []
    at = 0
    while at < len(plain):
        if at in found:
            end, number = found[at]
            said.append(Token(_NUMBER, number.text, number.start, number.stop, plain[at].joined))
            at = end
        else:
            said.append(plain[at])
            at += 1
    return tuple(said)


def _goes_on(said: tuple[Token, ...], end: int) -> bool:
    """ "5000 or less than 6000": these words belong to the next number."""
    if said[end - 1].key == _NUMBER:
        return False
    ahead = [token.key for token in said[end : end + 2]]
    return ahead[:1] in ([_NUMBER], ["than"]) or ahead == ["to", _NUMBER]


def _stands_alone(said: tuple[Token, ...], begin: int, end: int) -> bool:
    """Not in a chain as of a phone number, and not behind another sign of comparison: "<>30"."""
    before = said[begin - 1].key if begin and said[begin].joined else ""
    after = said[end].key if end < len(said) and said[end].joined else ""
    return before not in ("-", "+", "/", "<", ">", "=", "!") and after not in ("-", "/")


def _range(text: str, start: int, stop: int, bounds: Bounds) -> NumberRange:
    number = bounds.low or bounds.high
    assert number is not None
    low = bounds.low.value if bounds.low else None
    high = bounds.high.value if bounds.high else None
    return NumberRange(
        start, stop, text[start:stop], low, high, bounds.low_in, bounds.high_in, number.kind, number.unit
    )
