"""Names and identities: event ids, fingerprints of ids, checksums of files, names that may be a path."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import xxhash

from .errors import Invalid

Entropy = Callable[[int], bytes]
"""`os.urandom` or a seeded stand-in: n -> n random bytes."""

system_entropy: Entropy = os.urandom

_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_\-]{0,62}$")


HIDDEN_PREFIX = "mv--"
"""Tables with this prefix are kept by views: no list and no hint shows them."""


def shown(tables: Iterable[str]) -> list[str]:
    """Those that are not hidden."""
    return [name for name in tables if not name.startswith(HIDDEN_PREFIX)]


def uuid7s(count: int, micros: int, entropy: Entropy) -> list[str]:
    """`count` UUIDv7 texts of one instant, rising within the call (RFC 9562, method 1: 12-bit counter).

    Time-ordered ids keep index inserts local; random ones were measured 3x slower.
    """
    millis = micros // 1000
    random = entropy(8 * count).hex()
    texts = []
    for i in range(count):
        # A batch of more than 4,096 borrows from the following milliseconds to keep rising.
        stamp, low = millis + (i >> 12), i & 0xFFF
        tail = random[i * 16 : i * 16 + 16]
        variant = "89ab"[int(tail[0], 16) & 3]
        head = f"{stamp:012x}"
        texts.append(f"{head[:8]}-{head[8:]}-7{low:03x}-{variant}{tail[1:4]}-{tail[4:16]}")
    return texts


def fingerprints(sources: Sequence[str | None] | None, ids: Sequence[str]) -> list[int]:
    """64 bits of each idempotence key. Equal keys have equal prints; a hit is confirmed by a point read."""
    digest = xxhash.xxh3_64_intdigest
    if sources is None:
        return list(map(digest, map(str.encode, ids)))
    return [
        digest(event_id.encode() if source is None else f"{source}\0{event_id}".encode())
        for source, event_id in zip(sources, ids, strict=True)
    ]


def checksum(data: bytes | memoryview) -> str:
    """32 hex digits that tell damage, not malice: XXH3-128 runs at memory speed."""
    return xxhash.xxh3_128_hexdigest(data)


def file_checksum(path: Path) -> str:
    """The same of a file, which need not fit in memory."""
    digest = xxhash.xxh3_128()
    with path.open("rb", buffering=0) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check_name(kind: str, name: object) -> str:
    """`name` if it can serve as a table or database name and as a folder; `Invalid` otherwise."""
    if not isinstance(name, str) or not _NAME.match(name) or name.lower().startswith("sqlite_"):
        raise Invalid(
            f"not {'an' if kind[0] in 'aeiou' else 'a'} {kind} name: {name!r}",
            hint="start with a letter; then letters, digits, _ or -; at most 63",
        )
    return name
