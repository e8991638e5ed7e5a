"""Server-sent events out of a stream of bytes, wherever that is cut.

Lines end only as the specification of server-sent events has it: JSON may hold U+2028 and other characters
that end a line elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...core.errors import Invalid

MOST_BYTES = 16_000_000
"""Of one stream: what comes from elsewhere must not fill the memory."""

_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: str


def events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """Each event when its last line has come; one without its empty line at the end is none.

    >>> list(events([b"event: a\\r", b"\\ndata: 1\\n: note\\ndata: 2\\n", b"\\n data"]))
    [Event(name='a', data='1\\n2')]
    """
    name, data = "", list[str]()
    for line in _lines(chunks):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not line:
            if data:
                yield Event(name, "\n".join(data))
            name, data = "", []


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Without their ends. What follows the last end is left out."""
    line, held, seen = list[bytes](), b"", 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > MOST_BYTES:
            raise Invalid(
                f"a service sent more than {MOST_BYTES:,} bytes", hint="check the address of the service"
            )
        # A carriage return at the end of a chunk may be half of a line end.
        chunk = held + chunk
        held = b"\r" if chunk.endswith(b"\r") else b""
        first, *others = _LINE_END.split(chunk.removesuffix(held))
        line.append(first)
        for other in others:
            yield b"".join(line).decode(errors="replace").removeprefix("\ufeff")
            line = [other]
