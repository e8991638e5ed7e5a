"""Trials one after another, on the runtime that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .trial import Trial


def run(seeds: Iterable[int], runtime: str = "local") -> Iterator[Trial]:
    """Raises `Unavailable` if Ray is asked for and not installed."""
    if runtime == "ray":
        from .cluster import trials

        yield from trials(seeds)
        return
    from .embedded import trial

    for seed in seeds:
        yield trial(seed)
