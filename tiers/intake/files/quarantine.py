"""The file in which an import keeps the records that it could not take, one JSON object a line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import orjson

from .records import BadRecord


class Quarantine:
    """Created with the first record; what an earlier run left there is replaced."""

    def __init__(self, path: Path, source: Path) -> None:
        self.path = path
        self.records = 0
        self._source = source
        self._file: BinaryIO | None = None

    def add(self, bad: BadRecord) -> None:
        if self._file is None:
            self._file = self.path.open("wb")
        self._file.write(
            orjson.dumps(
                {
                    "file": str(self._source),
                    "row": bad.row,
                    "line": bad.line,
                    "field": bad.field,
                    "reason": bad.reason,
                    "content": bad.content,
                },
                option=orjson.OPT_APPEND_NEWLINE,
            )
        )
        self.records += 1

    def close(self) -> None:
        """Durable after this."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None
