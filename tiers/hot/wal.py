"""Damage within the write-ahead log of a process that died.

SQLite takes the first frame whose checksum fails for the end of the log, as after a power loss, and drops
without a word what was committed behind it. But a commit waits for its fsync before the next one begins. So
whatever of this log's generation lies behind a later commit proves that the frames before it were complete
once. Only damage to the very last commit cannot be told from a commit that the power loss cut short.

The log's format: https://sqlite.org/fileformat2.html#the_write_ahead_log
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...core.errors import Corrupt

Words = npt.NDArray[np.uint32]
Sums = tuple[int, int]

_HEADER = struct.Struct(">8I")
_FRAME = 24
_MAGIC = 0x377F0682
_BLOCK = 4_096
"""Frames looked at together."""


def check_log(database: Path) -> None:
    """Before SQLite opens the database, as it then forgets what it dropped. Raises `Corrupt`."""
    log = Path(f"{database}-wal")
    if not log.exists() or log.stat().st_size <= _HEADER.size:
        return
    data = np.memmap(log, dtype=np.uint8, mode="r")
    words = _HEADER.unpack(data[: _HEADER.size].tobytes())
    order = ">u4" if words[0] & 1 else "<u4"
    sums = _continued((0, 0), _contributions(data[None, : _HEADER.size - 8].view(order)), 3)
    # The header's 32 bytes lie in one sector, so they are never half written.
    if words[0] | 1 != _MAGIC | 1 or sums != words[6:]:
        raise _damaged(log)
    broken = ended = False
    for head, body in _frames(data, words[2]):
        ours = (head[:, 2] == words[4]) & (head[:, 3] == words[5])
        contributions = _contributions(body.view(order))
        for at in range(len(head)):
            if not broken:
                sums = _continued(sums, contributions[at : at + 1], body.shape[1] // 8)
                broken = not ours[at] or sums != (int(head[at, 4]), int(head[at, 5]))
            if broken and ours[at]:
                if ended:
                    raise _damaged(log)
                ended = bool(head[at, 1])


def _frames(data: npt.NDArray[np.uint8], page: int) -> Iterator[tuple[Words, npt.NDArray[np.uint8]]]:
    """Block by block: the six words of each frame's head, and the bytes that its checksum covers."""
    size = _FRAME + page
    count = (len(data) - _HEADER.size) // size
    for start in range(0, count, _BLOCK):
        rows = min(_BLOCK, count - start)
        first = _HEADER.size + start * size
        block = np.asarray(data[first : first + rows * size]).reshape(rows, size)
        head = np.ascontiguousarray(block[:, :_FRAME]).view(">u4").astype(np.uint32)
        yield head, np.ascontiguousarray(np.hstack([block[:, :8], block[:, _FRAME:]]))


def _contributions(words: npt.NDArray[np.uint32]) -> Words:
    """What the words of each row add to a checksum, whatever it was before.

    SQLite's sums run s0 += x0 + s1, s1 += x1 + s0, which is a matrix for each pair of words, modulo 2^32.
    """
    even = words[:, 0::2].astype(np.uint32)
    both = even + words[:, 1::2].astype(np.uint32)
    a, b, d = _powers(even.shape[1])
    first = (a * even + b * both).sum(axis=1, dtype=np.uint32)
    second = (b * even + d * both).sum(axis=1, dtype=np.uint32)
    return np.stack([first, second], axis=1)


def _continued(sums: Sums, contribution: Words, pairs: int) -> Sums:
    a, b, d = _power(pairs)
    first, second = (int(value) for value in contribution[0])
    return (a * sums[0] + b * sums[1] + first) & 0xFFFFFFFF, (b * sums[0] + d * sums[1] + second) & 0xFFFFFFFF


@cache
def _power(exponent: int) -> tuple[int, int, int]:
    """((1, 1), (1, 2)) to a power: symmetric, so three numbers."""
    a, b, d = 1, 0, 1
    for _ in range(exponent):
        a, b, d = (a + b) & 0xFFFFFFFF, (b + d) & 0xFFFFFFFF, (b + 2 * d) & 0xFFFFFFFF
    return a, b, d


@cache
def _powers(pairs: int) -> tuple[Words, Words, Words]:
    """Those powers for each pair of words: the first one is multiplied most often."""
    each = np.array([_power(pairs - 1 - at) for at in range(pairs)], dtype=np.uint32)
    return each[:, 0], each[:, 1], each[:, 2]


def _damaged(log: Path) -> Corrupt:
    return Corrupt(
        f"damaged file: {log}: commits lie behind a frame that is not what was written",
        hint="restore the database's folder from a backup",
    )
