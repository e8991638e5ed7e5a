"""What a statement calls now is the lake's clock, the same instant throughout the statement."""

from __future__ import annotations

from dataclasses import replace

from ...core.clock import DAY_US, from_micros
from ..bind import Bound

KEYWORDS = {
    "current_timestamp": "get_current_timestamp",
    "current_date": "current_date",
    "current_time": "get_current_time",
    "localtime": "current_localtime",
    "localtimestamp": "current_localtimestamp",
}
"""Words that are a function without parentheses, unless a column has that name."""

_INSTANTS = ("now", "get_current_timestamp", "transaction_timestamp")
_DATES = ("today", "current_date")
_TIMES = ("get_current_time", "current_localtime")
_BODIES = {
    **dict.fromkeys(_INSTANTS, "() AS TIMESTAMPTZ '{stamp}+00'"),
    **dict.fromkeys(_DATES, "() AS DATE '{date}'"),
    **dict.fromkeys(_TIMES, "() AS TIME '{time}'"),
    "current_localtimestamp": "() AS TIMESTAMP '{stamp}'",
    "ago": "(i) AS TIMESTAMPTZ '{stamp}+00' - i",
    "age": "(a) AS system.main.age(TIMESTAMP '{date}', a), (a, b) AS system.main.age(a, b)",
}


def injected_clock(bound: Bound) -> Bound:
    """Names the clock functions that the statement uses; each becomes a macro of its session.

    >>> from thermocline.router.rules.samples import bound
    >>> injected_clock(bound("select current_date where now() > '2020-01-01'")).clock
    ('current_date', 'now')
    """
    used = {name for name in bound.functions if name in _BODIES}
    for node in bound.column_refs:
        names = node["column_names"]
        if len(names) == 1 and names[0].lower() in KEYWORDS:
            used.add(KEYWORDS[names[0].lower()])
    return replace(bound, clock=tuple(sorted(used)))


def clock_macro(name: str, now_us: int) -> str:
    """A clock function as a macro that knows the instant.

    >>> clock_macro("today", 1_600_000_000_000_000)
    "today() AS DATE '2020-09-13'"
    """
    now = from_micros(now_us).replace(tzinfo=None)
    date = from_micros(now_us - now_us % DAY_US).date()
    stamp = now.isoformat(sep=" ", timespec="microseconds")
    return name + _BODIES[name].format(stamp=stamp, date=date.isoformat(), time=stamp[11:])
