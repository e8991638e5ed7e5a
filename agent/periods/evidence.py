"""Whether the words around let a doubtful phrase mean a time: "in May" is one, "may I" is none."""

from __future__ import annotations

from ..tokens import DIGITS, Token
from .calendar import Span


def _words(said: str) -> frozenset[str]:
    return frozenset(said.split())


_IN_TIME = _words("in during for throughout within over of on from late early mid")
_NOT_A_YEAR = _words(
    "than least most over under above below exactly about around approximately nearly almost top first last"
) | _words("limit id no number nr exceeds exceeding = > < $ € £ # + * % . / -")
_ENDS = _words(". , ; ? ! )") | {""}
LISTED = _words(", or and & vs versus")
"""What stands between the periods of a list."""


def _key(said: tuple[Token, ...], at: int) -> str:
    return said[at].key if 0 <= at < len(said) else ""


def evident(said: tuple[Token, ...], begin: int, end: int, value: object) -> bool:
    """Whether a doubtful word means a time here."""
    before = _key(said, begin - 1)
    if isinstance(value, Span) and value.bare_year:
        return before not in _NOT_A_YEAR and 1700 <= value.begin.year <= 2199
    return before in _IN_TIME or _key(said, end) in ("vs", "versus")


def ends_there(said: tuple[Token, ...], begin: int, end: int) -> bool:
    """As in "sales in the year", but not "in the year with most sales"."""
    return _key(said, begin - 1) in _IN_TIME and _key(said, end) in _ENDS


def stands_alone(said: tuple[Token, ...], begin: int, end: int) -> bool:
    """Not inside a longer number or name: "6,107.31 August", "SKU-2014", "$ 12 December"."""
    before = _key(said, begin - 1)
    if said[begin].key == DIGITS and (before in ("$", "€", "£", "#") or _joined_before(said, begin)):
        return False
    return said[end - 1].key != DIGITS or not _joined_behind(said, end)


def _joined_before(said: tuple[Token, ...], at: int) -> bool:
    return at > 0 and said[at].joined and said[at - 1].key not in ("(", "'", '"')


def _joined_behind(said: tuple[Token, ...], at: int) -> bool:
    """Letters or "%" at the number, or a sign and another number."""
    if at == len(said) or not said[at].joined:
        return False
    number_follows = _key(said, at + 1) == DIGITS and said[at + 1].joined
    return (
        said[at].key.isalnum()
        or said[at].key == "%"
        or (said[at].key in (".", ",", "/", "-") and number_follows)
    )
