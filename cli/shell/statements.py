"""A script cut into statements at the semicolons that stand outside quotes and comments."""

from __future__ import annotations

import re

_PIECE = re.compile(
    r"""
      '(?:[^']|'')*'?           # a text, or one that is still open
    | "(?:[^"]|"")*"?           # a name
    | \$(\w*)\$.*?(?:\$\1\$|\Z)  # a dollar-quoted text
    | --[^\n]*                  # a comment to the end of the line
    | /\*.*?(?:\*/|\Z)          # a comment
    | ;
    | [^'"$\-/;]+ | .           # anything else
    """,
    re.VERBOSE | re.DOTALL,
)


def split(script: str) -> list[str]:
    """The statements, without semicolons; empty ones and lone comments are left out.

    >>> split("select ';' -- one; two\\n; select 2;")
    ["select ';' -- one; two", 'select 2']
    """
    return [text.strip() for text, _ in _cut(script) if _says_something(text)]


def is_finished(script: str) -> bool:
    """Whether the last statement has its semicolon, so that it can be run."""
    parts = list(_cut(script))
    return bool(parts) and (parts[-1][1] or not _says_something(parts[-1][0]))


def _cut(script: str) -> list[tuple[str, bool]]:
    """(text, ended by a semicolon)"""
    parts: list[tuple[str, bool]] = []
    current = ""
    for found in _PIECE.finditer(script):
        if found.group() == ";":
            parts.append((current, True))
            current = ""
        else:
            current += found.group()
    if current.strip():
        parts.append((current, False))
    return parts


def _says_something(text: str) -> bool:
    return bool(re.sub(r"--[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL).strip())
