"""What a principal's questions may take: limits by name, as they are written and as values.

max_query_runtime, max_memory          of each query
max_rows                               of each answer
max_model_{requests,tokens,cost}_per_  question: of a language model, repairs included
                                       day: from midnight to midnight in UTC
"""

from __future__ import annotations

import re

from .errors import Invalid

MAX_ROWS = "max_rows"
MODEL_LIMITS = tuple(
    f"max_model_{what}_per_{of}" for of in ("question", "day") for what in ("requests", "tokens", "cost")
)
NUMBERS = (MAX_ROWS, *MODEL_LIMITS)
LIMITS = ("max_query_runtime", "max_memory", *NUMBERS)


def limit_number(name: str, text: str) -> float:
    """The value of one of `NUMBERS`. Raises `Invalid`.

    >>> limit_number("max_rows", "10_000"), limit_number("max_model_cost_per_day", "2.5")
    (10000, 2.5)
    """
    whole = not name.startswith("max_model_cost")
    try:
        found = int(text) if whole else float(text)
    except ValueError:
        found = -1
    if not (1 if name == MAX_ROWS else 0) <= found < float("inf"):
        wanted = "a number" if whole else "an amount of money"
        raise Invalid(f"{name} is {wanted}, not {text!r}", hint="1000" if whole else "2.50")
    return found


_MEMORY = re.compile(r"^\s*([\d.]+)\s*([kmgt]?)i?b?\s*$", re.IGNORECASE)


def memory_bytes(text: str) -> float:
    """
    >>> memory_bytes("512MB") < memory_bytes("1GB")
    True
    """
    found = _MEMORY.match(text)
    if found is None:
        raise Invalid(f"not a memory limit: {text!r}", hint="write it as 512MB or 2GB")
    return float(found[1]) * 1000.0 ** " kmgt".index(found[2].lower() or " ")


_RUNTIME = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?\s*$", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def runtime_seconds(text: str) -> float:
    """
    >>> runtime_seconds("30s"), runtime_seconds("2 min")
    (30.0, 120.0)
    """
    found = _RUNTIME.match(text)
    if found is None or not float(found[1]):
        raise Invalid(f"not a time: {text!r}", hint="write it as 30s or 2min")
    return float(found[1]) * _SECONDS[(found[2] or "").lower()]


def runtime_text(seconds: float) -> str:
    """
    >>> runtime_text(30.0), runtime_text(0.25)
    ('30s', '0.25s')
    """
    return f"{int(seconds)}s" if seconds == int(seconds) else f"{seconds:f}".rstrip("0") + "s"
