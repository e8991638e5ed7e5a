"""What clients asked for and what they were told: the only truth that a check may start from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import orjson

KINDS = ("append", "stream", "effect", "unnamed", "read")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One operation of one client, with what came of it.

    `id`: `<database>/<client>/<number>`. `key`: the stream, or the object's name. `told`: "yes" once it was
    acknowledged, "no" if it was refused for good, "unknown" if the client never heard. `version`: what the
    reply said: the stream's position, how many effects the object has, how many rows a read saw. `tries`: how
    often it was sent.
    """

    kind: str
    id: str
    key: str
    told: str
    version: int | None = None
    tries: int = 1


def encode(attempt: Attempt) -> bytes:
    return orjson.dumps(asdict(attempt)) + b"\n"


def decode(lines: Iterable[bytes]) -> list[Attempt]:
    """A line that a killed process tore is the last one, and was not told."""
    return [Attempt(**orjson.loads(line)) for line in lines if line.endswith(b"\n")]
