"""NDJSON and JSON arrays: one object a record, integers of any length exact."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

import orjson
import pyarrow as pa

from ....core.errors import Invalid
from ..rows import columns_of
from .json_types import ValueSurvey, value_column
from .records import CHUNK_BYTES, SURVEY_ROWS, BadRecord, Chunk, Key, OnBad

_DIGITS_AS_ZERO = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else byte for byte in range(256))
_LONG = b"0" * 20
_SPACE = " \t\r\n"
_ELEMENT_CHARS = 1 << 26


class _JsonFormat:
    """Fields are known by name, and a record need not have them all."""

    def types(self, blocks: Iterable[bytes], on_bad: OnBad) -> dict[Key, pa.DataType]:
        fields: dict[Key, ValueSurvey] = {}
        for chunk in self.chunks(blocks, SURVEY_ROWS):
            for bad in chunk.bad:
                on_bad(bad)
            for key, values in chunk.columns.items():
                fields.setdefault(key, ValueSurvey()).add(values)
        return {key: field.type() for key, field in fields.items()}

    def chunks(self, blocks: Iterable[bytes], rows: int) -> Iterator[Chunk]:
        raise NotImplementedError

    def label(self, key: Key) -> str:
        return str(key)

    def convert(self, values: Any, type: pa.DataType) -> pa.Array:
        return value_column(values, type)


class NdjsonFormat(_JsonFormat):
    def chunks(self, blocks: Iterable[bytes], rows: int) -> Iterator[Chunk]:
        filling = _Filling(with_lines=True)
        row = 0
        for line_number, line in enumerate(_lines(blocks), start=1):
            if not line.strip():
                continue
            row += 1
            filling.bytes += len(line)
            try:
                filling.add(row, line_number, _object(_loads(line)))
            except ValueError as problem:
                filling.bad.append(BadRecord(row, line_number, str(problem), line.decode(errors="replace")))
            if len(filling.records) >= rows or filling.bytes >= CHUNK_BYTES:
                yield filling.chunk()
                filling = _Filling(with_lines=True)
        yield filling.chunk()


class JsonArrayFormat(_JsonFormat):
    """Elements are decoded as they come; where an array is broken, no later element can be found."""

    def chunks(self, blocks: Iterable[bytes], rows: int) -> Iterator[Chunk]:
        filling = _Filling(with_lines=False)
        for row, (element, size) in enumerate(_elements(blocks), start=1):
            filling.bytes += size
            try:
                filling.add(row, 0, _object(element))
            except ValueError as problem:
                filling.bad.append(BadRecord(row, None, str(problem), json.dumps(element)))
            if len(filling.records) >= rows or filling.bytes >= CHUNK_BYTES:
                yield filling.chunk()
                filling = _Filling(with_lines=False)
        yield filling.chunk()


class _Filling:
    """A chunk in the making."""

    def __init__(self, *, with_lines: bool) -> None:
        self._with_lines = with_lines
        self.records: list[dict[str, Any]] = []
        self.rows: list[int] = []
        self.lines: list[int] = []
        self.bad: list[BadRecord] = []
        self.bytes = 0

    def add(self, row: int, line: int, record: dict[str, Any]) -> None:
        self.records.append(record)
        self.rows.append(row)
        self.lines.append(line)

    def chunk(self) -> Chunk:
        columns: dict[Any, Any] = columns_of(self.records)
        lines = self.lines if self._with_lines else None
        return Chunk(self.rows, lines, columns, lambda index: json.dumps(self.records[index]), self.bad)


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        first, *others = block.split(b"\n")
        if not others:
            rest += first
            continue
        yield rest + first
        yield from others[:-1]
        rest = others[-1]
    if rest:
        yield rest


def _loads(line: bytes) -> Any:
    """One JSON value. orjson turns integers beyond 64 bits into floats; the library's own reader does not."""
    if _LONG not in line.translate(_DIGITS_AS_ZERO):
        return orjson.loads(line)
    return json.loads(line, parse_constant=_refuse, parse_float=_finite)


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError("not a JSON object")


def _elements(blocks: Iterable[bytes]) -> Iterator[tuple[Any, int]]:
    """The elements of the array, each with the length of its text. Raises `Invalid` where it is broken."""
    text = _Text(blocks)
    text.skip_space()
    text.position += 1  # the opening bracket, by which the format was told
    count = 0
    if text.skip_space() != "]":
        while True:
            element, size = _element(text, count)
            count += 1
            yield element, size
            char = text.skip_space()
            if char == "]":
                break
            if char != ",":
                raise _broken(count, "a comma or the end of the array is missing")
            text.position += 1
            text.skip_space()
    text.position += 1
    if text.skip_space():
        raise _broken(count, "text follows the array")


def _element(text: _Text, count: int) -> tuple[Any, int]:
    """The element at the position of `text`, which moves past it, and its length."""
    while True:
        try:
            element, end = _RAW_DECODE(text.buffer, text.position)
        except (ValueError, RecursionError) as problem:
            unfinished = isinstance(problem, json.JSONDecodeError) and text.unread < _ELEMENT_CHARS
            if unfinished and text.more():
                continue
            raise _broken(count, str(problem)) from None
        size = end - text.position
        text.position = end
        return element, size


class _Text:
    """The part of the text that is being decoded."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self.buffer = ""
        self.position = 0

    @property
    def unread(self) -> int:
        return len(self.buffer) - self.position

    def more(self) -> bool:
        """Appends at least as much as there is, so that a long element is not decoded over and over."""
        rest = self.buffer[self.position :]
        added: list[str] = []
        size = 0
        for block in self._blocks:
            try:
                added.append(self._decode(block))
            except UnicodeDecodeError:
                raise Invalid("bytes that are not UTF-8", hint="convert the file to UTF-8") from None
            size += len(block)
            if size >= len(rest):
                break
        self.buffer, self.position = rest + "".join(added), 0
        return bool(added)

    def skip_space(self) -> str:
        """Moves to the next character that counts and gives it; "" at the end."""
        while True:
            while self.position < len(self.buffer):
                if self.buffer[self.position] not in _SPACE:
                    return self.buffer[self.position]
                self.position += 1
            if not self.more():
                return ""


def _broken(count: int, problem: str) -> Invalid:
    return Invalid(
        f"a broken JSON array after row {count}: {problem}", hint="correct it, or write one object a line"
    )


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is beyond a DOUBLE")
    return number


_RAW_DECODE = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite).raw_decode
