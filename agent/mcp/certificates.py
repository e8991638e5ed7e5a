"""A certificate in a line: which tiers an answer read, which sequences, and how fresh that was."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.certificate import Certificate, ShardPart
from .data import one_line

MOST_SHARDS = 4


def brief(certificate: Certificate) -> str:
    """`read: orders cold 1-10, warm 11-20, hot 21-30; as of now, fresh to shard-0:30; complete`"""
    shown = certificate.to_dict()
    tables = [f"{table} {_table(shards)}" for table, shards in certificate.tables.items()]
    told = ["; ".join(tables) if tables else "no table", f"as of {certificate.as_of or 'now'}"]
    if certificate.fresh_to:
        fresh = [f"{shard}:{seq}" for shard, seq in certificate.fresh_to.items()]
        told[-1] += f", fresh to {_some(fresh)}"
    if certificate.age_seconds is not None:
        told.append(f"newest event {certificate.age_seconds:.3g} s before")
    skipped = sum(len(shards) for shards in certificate.pruned.values())
    told += [f"{skipped} shards ruled out"] if skipped else []
    told += [f"{len(certificate.expired)} expired parts"] if certificate.expired else []
    return one_line("read: " + "; ".join([*told, "complete" if shown["complete"] else "INCOMPLETE"]))


def bookmark(certificate: Certificate) -> str | None:
    """The cut that was read, as `as_of` takes it."""
    return ",".join(f"{shard}:{seq}" for shard, seq in sorted(certificate.fresh_to.items())) or None


def _table(shards: Mapping[str, ShardPart]) -> str:
    parts = [
        (f"{name} " if len(shards) > 1 else "")
        + (", ".join(f"{t.tier} {_spans(t.ranges)}" for t in part.tiers if t.ranges) or "nothing")
        for name, part in shards.items()
    ]
    return _some(parts)


def _spans(ranges: tuple[tuple[int, int], ...]) -> str:
    return "+".join(f"{first}-{last}" for first, last in ranges)


def _some(parts: list[str]) -> str:
    more = [f"{len(parts) - MOST_SHARDS} more shards"] if len(parts) > MOST_SHARDS else []
    return ", ".join([*parts[:MOST_SHARDS], *more])
