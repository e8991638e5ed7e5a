"""What there is to see of a running lake: its hosts, its shards, and how far the tiers lag behind.

Lags are counted from the watermarks: what waits to be flushed is hot, what waits to be archived is warm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..core.clock import iso
from ..core.ids import shown
from ..core.owners import PartitionFacts
from .family.pipeline import lag_rows

Opened = tuple[str, int | None, PartitionFacts]
"""(database, epoch if it is told, facts of one shard)"""


def top(
    hosts: Iterable[Mapping[str, Any]],
    shards: Mapping[str, Iterable[Opened]],
    now_us: int,
    problems: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """`hosts`: as `lake.hosts()` gives them. `shards`: host -> what it has open. `problems`: of databases.

    at, hosts, shards, lag, problems: an instant, three lists of rows, and database -> what is wrong.
    """
    opened = {host: list(found) for host, found in shards.items()}
    every = [(host, *one) for host, found in opened.items() for one in found]
    return {
        "at": iso(now_us),
        "hosts": [_host(host, len(opened.get(host_name(host), ()))) for host in hosts],
        "shards": [_shard(*one) for one in sorted(every, key=lambda one: (one[1], one[3].shard))],
        "lag": [row for one in sorted(every, key=lambda o: (o[1], o[3].shard)) for row in _lag(one, now_us)],
        "problems": dict(problems or {}),
    }


def cluster_top(hosts: Iterable[Mapping[str, Any]], now_us: int) -> dict[str, Any]:
    """The same from what a cluster's hosts say of themselves; shards that nobody asked for are not open."""
    hosts = list(hosts)
    shards: dict[str, list[Opened]] = {}
    for host in hosts:
        for unit, epoch, facts in host.get("shards", ()):
            shards.setdefault(host_name(host), []).append((unit.split("/")[1], epoch, facts))
    return top(hosts, shards, now_us)


def host_name(host: Mapping[str, Any]) -> str:
    return str(host.get("host") or host.get("seat") or "spare")


def _host(host: Mapping[str, Any], shards: int) -> dict[str, Any]:
    """`state`: serving, spare (warm, waiting for a seat) or silent (it did not answer)."""
    name = host_name(host)
    return {
        "host": name,
        "node": host.get("node"),
        "pid": host["pid"],
        "state": "spare" if name == "spare" else "serving" if host.get("answers", True) else "silent",
        "shards": shards,
        "objects": host.get("objects"),
        "turns": host.get("calls"),
    }


def _shard(host: str, database: str, epoch: int | None, facts: PartitionFacts) -> dict[str, Any]:
    return {
        "database": database,
        "shard": facts.shard,
        "host": host,
        "epoch": epoch,
        "seq": facts.seq,
        "queue": facts.waiting,
        "hot_bytes": facts.hot_bytes,
    }


def _lag(one: tuple[str, str, int | None, PartitionFacts], now_us: int) -> Iterator[dict[str, Any]]:
    _, database, _, facts = one
    for row in lag_rows(facts, now_us):
        if shown([row["table"]]):
            yield {
                "database": database,
                "shard": facts.shard,
                "table": row["table"],
                "warm_to": row["warm_to"],
                "flush_events": row["hot_rows"],
                "flush_s": row["hot_age_s"],
                "cold_to": row["cold_to"],
                "archive_events": row["warm_rows"],
                "archive_s": row["warm_age_s"],
            }
