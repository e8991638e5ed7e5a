"""What a server can be told."""

from __future__ import annotations

from dataclasses import dataclass

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Settings:
    """`hosts`: the names by which clients may call this server, `None` for any. `threads`: how many calls
    into the lake run at once. `body_bytes`: the largest body of a request that is held in memory; an imported
    file may be larger. `heartbeat_s`: the longest silence while work goes on.
    """

    hosts: tuple[str, ...] | None = LOOPBACK_HOSTS
    threads: int = 64
    body_bytes: int = 256 << 20
    heartbeat_s: float = 5.0
