"""What CREATE INDEX says of how a column of vectors is searched.

CREATE INDEX ON docs (embedding) WITH (metric = 'l2')
CREATE INDEX ON docs USING hnsw (embedding) WITH (tier = 'warm, cold', prefix = 256, rotated = false)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from ..core.errors import Invalid, nearest
from ..core.schema import TIERS
from ..core.vectors import Kind, Metric, VectorIndex

_TRUTH = {"true": True, "false": False, "on": True, "off": False}


def changed(index: VectorIndex, kind: str | None, options: Mapping[str, str]) -> VectorIndex:
    """`index` with what the statement says. `kind`: for the tiers of the option `tier`, all by default.
    Raises `Invalid`.

    >>> changed(VectorIndex(), "hnsw", {"tier": "warm"}).warm
    'hnsw'
    """
    news: dict[str, Any] = {}
    tiers = [tier.strip() for tier in options.get("tier", ",".join(TIERS)).split(",")]
    for tier in tiers:
        _one_of("tier", tier, TIERS)
    if kind is not None:
        news |= dict.fromkeys(tiers, _one_of("kind of index", kind, get_args(Kind)))
    elif "tier" in options:
        raise Invalid(
            "`tier` says where a kind of index is used", hint="CREATE INDEX ON t USING hnsw (column)"
        )
    if "metric" in options:
        news["metric"] = _one_of("metric", options["metric"], get_args(Metric))
    if "prefix" in options:
        news["prefix"] = _prefix(options["prefix"])
    if "rotated" in options:
        news["rotated"] = _TRUTH[_one_of("truth", options["rotated"], tuple(_TRUTH))]
    if "key" in options:
        news["key"] = options["key"]
    return replace(index, **news)


def _one_of(what: str, given: str, known: tuple[str, ...]) -> str:
    if given.lower() not in known:
        raise Invalid(f"no {what} `{given}`", hint=nearest(given, known))
    return given.lower()


def _prefix(given: str) -> int | None:
    """How many dimensions; `None` for as few as the vectors allow, which is written as `auto`."""
    if given.lower() == "auto":
        return None
    if not given.isdigit() or not 4 <= int(given) <= 4_096 or int(given) % 4:
        raise Invalid(f"prefix = {given}", hint="auto, or a multiple of 4 between 4 and 4,096")
    return int(given)
