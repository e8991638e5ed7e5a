"""Time enters the system here and nowhere else; a test holds that.

A `Clock` returns an aware UTC datetime. Inside, instants are integers: microseconds since 1970 UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from .errors import Invalid

Clock = Callable[[], datetime]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US

# "2026/11/01 10:00" and "20261101" are as common in exported files as the ISO forms.
_SLASHED = re.compile(r"^(\d{4})/(\d{1,2})/(\d{1,2})(.*)$")


def system_clock() -> datetime:
    """The machine's clock, the default of `connect`."""
    return datetime.now(UTC)


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970 UTC; a naive datetime is read as UTC."""
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    delta = instant - EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND_US + delta.microseconds


def from_micros(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def now_us(clock: Clock) -> int:
    return to_micros(clock())


def iso(micros: int) -> str:
    """RFC 3339 in UTC with as many digits as needed: `2026-11-01T10:00:00.25Z`."""
    text = from_micros(micros).isoformat().replace("+00:00", "Z")
    return text.replace("Z", "").rstrip("0").rstrip(".") + "Z" if "." in text else text


def parse_instant(value: object) -> int:
    """Microseconds of a datetime, a date or a text such as `2026-11-01T10:00:00Z` (naive: UTC).

    Raises `Invalid` for anything else.
    """
    if isinstance(value, datetime):
        return to_micros(value)
    if isinstance(value, date):
        return to_micros(datetime(value.year, value.month, value.day, tzinfo=UTC))
    if isinstance(value, str):
        text = value.strip()
        if slashed := _SLASHED.match(text):
            year, month, day, rest = slashed.groups()
            text = f"{year}-{int(month):02}-{int(day):02}{rest}"
        try:
            return to_micros(datetime.fromisoformat(text))
        except ValueError:
            pass
    raise Invalid(f"not an instant: {value!r}", hint="write it as 2026-11-01T10:00:00Z")
