"""The pages that a connection's transactions have appended to its write-ahead log.

    -wal:  header | frame frame frame(commit) | frame frame(commit) | older frames, of another salt
                                              ^ taken up to here

One connection writes, and each of its transactions is taken before the next one begins: so what was appended
ends at the first frame that commits. The log's format: https://sqlite.org/fileformat2.html#the_write_ahead_log
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ...core.errors import Corrupt

_HEADER = struct.Struct(">4I8s8x")
_FRAME = 24
_BLOCK = 32
"""Frames read at first: most commits fit, and what is read in vain lies in the page cache."""

_Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Pages:
    """Page `numbers[i]` (from 1) is the i-th piece of `page_bytes` in `data`; the file has `size` pages."""

    page_bytes: int
    size: int
    numbers: tuple[int, ...]
    data: bytes


class LogReader:
    """Where reading of one log goes on. Made once the connection stands, with all of the log unread."""

    def __init__(self, database: Path) -> None:
        self._log = Path(f"{database}-wal")
        self._salts = b""
        self._next = 0
        self._frame_bytes = 0
        self._before = self._frames_there()

    @property
    def bytes(self) -> int:
        """Of the log's present generation, as far as it was read."""
        return self._next * self._frame_bytes

    def take(self) -> Pages:
        """What was appended since: one transaction, at the first call whatever came before it too.

        Raises `Corrupt` if the log does not hold it.
        """
        with open(self._log, "rb", buffering=0) as file:
            _, _, page_bytes, _, salts = _HEADER.unpack(file.read(_HEADER.size))
            if salts != self._salts:  # the log began anew after a checkpoint
                self._salts, self._next, self._frame_bytes = salts, 0, _FRAME + page_bytes
            heads, bodies = self._transaction(file, page_bytes)
        self._next += len(heads)
        self._before = 0
        numbers = heads[:, 0].tolist()
        last = {number: at for at, number in enumerate(numbers)}
        if len(last) < len(numbers):
            bodies = bodies[list(last.values())]
        return Pages(page_bytes, int(heads[-1, 1]), tuple(last), bodies.tobytes())

    def _transaction(self, file: BinaryIO, page_bytes: int) -> tuple[npt.NDArray[np.uint32], _Bytes]:
        """The frames' head words, and their pages."""
        size = _FRAME + page_bytes
        count = _BLOCK
        while True:
            file.seek(_HEADER.size + self._next * size)
            data = file.read(count * size)
            rows = len(data) // size
            block = np.frombuffer(data, np.uint8, rows * size).reshape(rows, size)
            heads = np.ascontiguousarray(block[:, :_FRAME]).view(">u4").astype(np.uint32)
            ours = (heads[:, 2:4] == np.frombuffer(self._salts, ">u4").astype(np.uint32)).all(axis=1)
            commits = np.flatnonzero(ours & (heads[:, 1] > 0))
            commits = commits[commits + self._next >= self._before]
            # One commit, and all before it written with it: a second one would mean that one was missed.
            if len(commits) == 1 and ours[: commits[0]].all():
                end = int(commits[0]) + 1
                return heads[:end], block[:end, _FRAME:]
            if len(commits) or rows < count:
                raise Corrupt(
                    f"damaged file: {self._log} does not hold what was just committed",
                    hint="open the database again: it is then restored from the object store",
                )
            count *= 4

    def _frames_there(self) -> int:
        if not self._log.exists() or self._log.stat().st_size <= _HEADER.size:
            return 0
        with open(self._log, "rb") as file:
            page_bytes = _HEADER.unpack(file.read(_HEADER.size))[2]
        return int((self._log.stat().st_size - _HEADER.size) // (_FRAME + page_bytes))
