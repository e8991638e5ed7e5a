"""The bytes of one file, read in blocks: unpacked if they are gzip, counted for progress, hashed.

The hash is of the content, so the same rows have the same ids whether the file is packed or not.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import xxhash

from ....core.errors import Invalid, NotFound
from ....core.protocols import Progress

BLOCK_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"


class Source:
    """A readable file that is not empty. Raises `NotFound` or `Invalid` if it is not that."""

    def __init__(self, path: Path, progress: Progress | None) -> None:
        self.path = path
        self._progress = progress
        if path.is_dir():
            raise Invalid(f"{path} is a directory", hint="name a file in it")
        try:
            self._state = _state(path)
            with path.open("rb") as file:
                self._packed = file.read(2) == _GZIP
            with self._open() as content:
                self.head = _skip_mark(content.read(4096))
        except FileNotFoundError:
            raise NotFound(f"no file {path}", hint="check the path") from None
        except PermissionError:
            raise Invalid(f"{path} may not be read", hint="change its permissions") from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
            raise self._damaged(problem) from None
        if not self.head:
            raise Invalid(f"{path} is empty", hint="name a file with rows")
        if self.head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Invalid(f"{path} is UTF-16 text", hint="convert it: iconv -f UTF-16 -t UTF-8")

    def blocks(self, step: str) -> Iterator[bytes]:
        """The content in order, without a byte order mark. Raises `Invalid` if the packing is damaged."""
        size = self._state[0]
        with self.path.open("rb") as file, gzip.open(file) if self._packed else file as content:
            try:
                block = _skip_mark(content.read(BLOCK_BYTES))
                while block:
                    yield block
                    if self._progress is not None:
                        self._progress(step, file.tell(), size)
                    block = content.read(BLOCK_BYTES)
            except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
                raise self._damaged(problem) from None

    def check_unchanged(self) -> None:
        """Raises `Invalid` if the file was written since: types and ids would be those of another."""
        if _state(self.path) != self._state:
            raise Invalid(
                f"{self.path} changed while it was read", hint="import it again once it is complete"
            )

    def seekable(self) -> BinaryIO:
        """The content as a file that can seek; a packed one is unpacked into a temporary file."""
        if not self._packed:
            return self.path.open("rb")
        unpacked = tempfile.TemporaryFile()  # noqa: SIM115  # the caller closes it
        with self._open() as content:
            shutil.copyfileobj(content, unpacked, BLOCK_BYTES)
        unpacked.seek(0)
        return unpacked

    def unpacked(self, folder: Path) -> Path:
        """A file with the content: this one, or if it is packed one in `folder`."""
        if not self._packed:
            return self.path
        path = folder / "unpacked"
        with self._open() as content, path.open("wb") as file:
            shutil.copyfileobj(content, file, BLOCK_BYTES)
        return path

    def _open(self) -> BinaryIO:
        return gzip.open(self.path) if self._packed else self.path.open("rb")  # type: ignore[return-value]

    def _damaged(self, problem: Exception) -> Invalid:
        return Invalid(f"{self.path} is damaged gzip: {problem}", hint="copy or download it again")


class Hashed:
    """Blocks passed on, and the hash of all of them."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._hash = xxhash.xxh3_128()

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            self._hash.update(block)
            yield block

    def digest(self) -> str:
        return self._hash.hexdigest()


def _skip_mark(block: bytes) -> bytes:
    return block.removeprefix(b"\xef\xbb\xbf")


def _state(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
