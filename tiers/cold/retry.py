"""Trying again what another commit, or another's lock on the catalog, got in the way of.

The shards of a database share its Iceberg tables, from any number of processes. A commit stands on the
metadata that it was made from; when that is the present no more, it is made anew from what is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ...core.errors import Unavailable
from .catalog import Locked, translated

T = TypeVar("T")

RETRY_FOR_S = 30.0
"""Each failure means that somebody else succeeded, so many shards may well take turns for a while."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.5


class Raced(Exception):
    """Another writer came first."""


def again(act: Callable[[], T], *, catalog: str, table: str) -> T:
    """What `act` returns once nobody comes in between. Raises `Unavailable` if that takes too long."""
    until = time.monotonic() + RETRY_FOR_S
    pause = FIRST_PAUSE_S
    while True:
        try:
            with translated(catalog):
                return act()
        except Raced as error:
            if time.monotonic() > until:
                raise Unavailable(
                    f"another writer committed to the Iceberg table of {table} meanwhile",
                    hint="try again",
                ) from error
        except Locked:
            if time.monotonic() > until:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
