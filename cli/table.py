"""A table for people: columns as wide as their values, as far as the terminal allows.

 product │ revenue
─────────┼─────────
 tea     │    4.50
 milk    │    NULL
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NARROWEST = 8
NULL = "NULL"


def draw(
    names: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    *,
    numbers: Sequence[bool],
    width: int | None = None,
) -> list[str]:
    """The lines of a table. `numbers`: which columns stand right; `width`: of the terminal, if any."""
    cells = [[NULL if v is None else printable(v) for v in row] for row in rows]
    heads = [printable(name) for name in names]
    wanted = [max(map(cell_width, column)) for column in zip(heads, *cells, strict=True)]
    widths = fit(wanted, None if width is None else width - 3 * len(wanted) + 1)
    lines = [_line(heads, widths, numbers), "┼".join("─" * (w + 2) for w in widths)]
    lines += [_line(row, widths, numbers) for row in cells]
    return lines


def fit(wanted: Sequence[int], room: int | None) -> list[int]:
    """Column widths that fill at most `room` characters: the widest give way first, to `_NARROWEST`."""
    widths = list(wanted)
    while room is not None and sum(widths) > room:
        widest = max(widths)
        if widest <= _NARROWEST:
            break
        at = widths.index(widest)
        others = sorted(set(widths), reverse=True)[1:2]
        floor = max(_NARROWEST, others[0] if others else 0, widest - (sum(widths) - room))
        widths[at] = min(widest - 1, floor)
    return widths


def printable(text: str) -> str:
    """Without control characters: a value must neither break the table nor steer the terminal."""
    return _CONTROL.sub(lambda found: repr(found.group())[1:-1], text)


def cell_width(text: str) -> int:
    """Columns of the terminal that `text` takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _line(cells: Sequence[str], widths: Sequence[int], numbers: Sequence[bool]) -> str:
    padded = [_pad(cell, width, number) for cell, width, number in zip(cells, widths, numbers, strict=True)]
    return (" " + " │ ".join(padded)).rstrip()


def _pad(text: str, width: int, right: bool) -> str:
    if cell_width(text) > width:
        while cell_width(text) > width - 1:
            text = text[:-1]
        text += "…"
    gap = " " * (width - cell_width(text))
    return gap + text if right else text + gap
