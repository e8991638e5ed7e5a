"""Texts that would like to be instructions: what anybody may have put into a table. See `injections.json`.

`{fence}` in a text stands for the fence of a prompt, as if somebody had guessed it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from thermocline.core.errors import Invalid
from thermocline.core.schema import check_field_name

FENCE = "5f0c2a9be1d84c37"
ATTEMPTS: dict[str, str] = {
    attempt["name"]: attempt["text"].replace("{fence}", FENCE)
    for attempt in json.loads((Path(__file__).parent / "injections.json").read_text())
}


def as_values() -> list[str]:
    """Those that are text: a lone surrogate is none."""
    found = []
    for text in ATTEMPTS.values():
        with suppress(UnicodeEncodeError):
            text.encode()
            found.append(text)
    return found


def as_columns() -> list[str]:
    """Those that can be the name of a column, each once whatever its case."""
    found: dict[str, str] = {}
    for text in as_values():
        with suppress(Invalid):
            check_field_name(text)
            found.setdefault(text.lower(), text)
    return list(found.values())
