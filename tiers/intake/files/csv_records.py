"""CSV: records by Python's reader, which keeps quoted newlines and every digit.

The delimiter is the one of `, ; tab |` that the header uses most. A field in quotes and one without are
the same text, and empty text is null.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from ....core.errors import Invalid
from .csv_types import TextSurvey, text_column
from .records import CHUNK_BYTES, SURVEY_ROWS, BadRecord, Chunk, Key, OnBad

_DELIMITERS = ",;\t|"
_FIELD_BYTES = 1 << 24
"""The longest field; an opening quote that is never closed would otherwise swallow the file."""


class CsvFormat:
    """One CSV file with a header. `head`: its first bytes."""

    def __init__(self, head: bytes) -> None:
        first = head.decode("utf-8", "replace").lstrip("\r\n").splitlines()
        self._delimiter = _delimiter(first[0] if first else "")
        self._header: list[str] = []

    def types(self, blocks: Iterable[bytes], on_bad: OnBad) -> dict[Key, pa.DataType]:
        columns: dict[Key, TextSurvey] = {}
        for chunk in self.chunks(blocks, SURVEY_ROWS):
            for bad in chunk.bad:
                on_bad(bad)
            for key, texts in chunk.columns.items():
                columns.setdefault(key, TextSurvey()).add(texts)
        return {key: column.type() for key, column in columns.items()}

    def label(self, key: Key) -> str:
        return self._header[int(key)]

    def convert(self, values: Any, type: pa.DataType) -> pa.Array:
        return text_column(values, type)

    def chunks(self, blocks: Iterable[bytes], rows: int) -> Iterator[Chunk]:
        csv.field_size_limit(max(csv.field_size_limit(), _FIELD_BYTES))
        lines = _Lines(blocks)
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        self._header = _header(reader)
        if lines.invalid:
            raise Invalid(
                "bytes that are not UTF-8 in the header", hint="convert it: iconv -f LATIN1 -t UTF-8"
            )
        lines.taken.clear()
        filling = _Filling(len(self._header), self._delimiter)
        number = 0
        while True:
            try:
                record = next(reader)
                problem = _problem(record, len(self._header), lines.invalid)
            except StopIteration:
                break
            except csv.Error as error:
                record, problem = ["?"], f"malformed CSV: {error}"
            if record:  # an empty line is no record
                number += 1
                if problem:
                    content = "".join(lines.taken).encode(errors="surrogateescape").decode(errors="replace")
                    filling.bad.append(BadRecord(number, reader.line_num, problem, content))
                else:
                    filling.add(number, reader.line_num, record)
            filling.bytes += lines.taken_bytes
            lines.forget()
            if len(filling.records) >= rows or filling.bytes >= CHUNK_BYTES:
                yield filling.chunk()
                filling = _Filling(len(self._header), self._delimiter)
        yield filling.chunk()


class _Lines:
    """The lines of a text with their ends, remembered until the record that they make is complete."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        raw = io.BufferedReader(_Blocks(iter(blocks)))
        self._text = io.TextIOWrapper(raw, "utf-8", errors="surrogateescape", newline="")
        self.taken: list[str] = []
        self.taken_bytes = 0
        self.invalid = False

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.taken.append(line)
            self.taken_bytes += len(line)
            if not line.isascii() and _has_stray_bytes(line):
                self.invalid = True
            yield line

    def forget(self) -> None:
        self.taken.clear()
        self.taken_bytes = 0
        self.invalid = False


class _Blocks(io.RawIOBase):
    """An iterator of blocks as a file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = memoryview(next(self._blocks, b""))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class _Filling:
    """A chunk in the making."""

    def __init__(self, width: int, delimiter: str) -> None:
        self._width = width
        self._delimiter = delimiter
        self.records: list[list[str]] = []
        self.rows: list[int] = []
        self.lines: list[int] = []
        self.bad: list[BadRecord] = []
        self.bytes = 0

    def add(self, row: int, line: int, record: list[str]) -> None:
        self.records.append(record)
        self.rows.append(row)
        self.lines.append(line)

    def chunk(self) -> Chunk:
        columns = (
            map(list, zip(*self.records, strict=True)) if self.records else ([] for _ in range(self._width))
        )
        return Chunk(self.rows, self.lines, dict(enumerate(columns)), self._content, self.bad)

    def _content(self, index: int) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=self._delimiter, lineterminator="").writerow(self.records[index])
        return text.getvalue()


def _header(reader: Any) -> list[str]:
    try:
        for record in reader:
            if record:
                return list(record)
    except csv.Error as error:
        raise Invalid(f"malformed CSV in the header: {error}", hint="correct the first line") from None
    raise Invalid("no header", hint="the first line names the columns")


def _problem(record: list[str], width: int, invalid: bool) -> str:
    if record and len(record) != width:
        return f"{len(record)} fields, while the header has {width}"
    return "bytes that are not UTF-8" if invalid else ""


def _delimiter(header: str) -> str:
    unquoted = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=unquoted.count)


def _has_stray_bytes(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return True
    return False
