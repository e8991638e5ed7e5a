"""Phrases that set one period against another: "this month vs last month", "year over year"."""

from __future__ import annotations

from ..grammar import Rule, Terminal, rule, words
from .calendar import Calendar
from .values import Shift

TERMINALS: tuple[Terminal, ...] = (
    words("over_short", {"yoy": "year", "qoq": "quarter", "mom": "month", "wow": "week", "dod": "day"}),
    words("unit_letter", {"y": "year", "q": "quarter", "m": "month", "w": "week", "d": "day"}),
    words("adjective", {"annual": "year", "yearly": "year", "quarterly": "quarter", "monthly": "month"}),
)

_EARLIER = "last|previous|prior|preceding"
_SAME = "period|time|month|quarter|week|day|date|days|weeks|months|point|timeframe|span|dates"


def _shift(_: Calendar, unit: str, count: int = 1) -> Shift:
    return Shift(unit, count)


def _same_unit(_: Calendar, a: str, b: str) -> Shift | None:
    return Shift(a) if a == b else None


RULES: tuple[Rule, ...] = (
    *rule(
        "versus",
        lambda _: True,
        "vs|versus .?",
        "v .",
        "compared|relative to|with|against",
        "in? comparison to|with",
    ),
    *rule("versus", lambda _: True, "than|against", "as opposed|against to?"),
    *rule("since_then", lambda _: True, "from|over|on"),
    *rule(
        "over", _same_unit, "<a:unit> -? over|on|to|by|vs -? <b:unit>", "<a:unit_letter> / <b:unit_letter>"
    ),
    *rule("over", _shift, "<unit:over_short>"),
    *rule("same_period", _shift, f"the? same {_SAME} of|in? the? {_EARLIER} <unit:long_unit>"),
    *rule("same_period", _shift, f"the? same {_SAME} <count> <unit> ago|earlier|before|back|prior"),
    *rule("same_period", _shift, f"the? same {_SAME} the <unit:long_unit> before|prior"),
    *rule(
        "earlier_period",
        _shift,
        "the <unit:long_unit> before|prior|earlier",
        "<count> <unit> earlier|before|prior",
    ),
    *rule("earlier_period", lambda _: Shift("period"), f"the? {_EARLIER} period|one", "the period before"),
)
