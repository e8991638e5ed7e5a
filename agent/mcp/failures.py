"""Errors that teach: what was wrong, up to three names that are near, what to do next.

The names come from what the caller sees, never from what there is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence

from mcp.server.mcpserver.exceptions import ToolError

from ...core.errors import Denied, Error, NotFound
from .data import one_line

MOST = 3
_NAMED = re.compile(r"`([^`]+)`")


def unknown(kind: str, name: str, names: Iterable[str]) -> ToolError:
    """For a name that is none of those that there are."""
    near = candidates(name, names)
    known = f"Did you mean {_listed(near)}?" if near else "search_catalog finds what there is."
    return ToolError(f"no {kind} `{one_line(name, 80)}`. {known}")


def taught(error: Error, visible: Callable[[], Sequence[str]]) -> ToolError:
    """`visible`: names that the caller may know of."""
    named = _NAMED.findall(error.message)
    told = f"{error.kind}: {one_line(error.message)}."
    if isinstance(error, NotFound | Denied) and named:
        near = candidates(named[-1], visible())
        told += f" Did you mean {_listed(near)}?" if near else ""
    if error.hint and not isinstance(error, NotFound):
        told += f" Hint: {one_line(error.hint)}"
    return ToolError(told)


def candidates(name: str, names: Iterable[str]) -> list[str]:
    """Up to three names that are spelt like it, those of its table first; else the first three."""
    known = list(dict.fromkeys(names))
    own: dict[str, list[str]] = {}
    for each in known:
        own.setdefault(_own(each), []).append(each)
    close = difflib.get_close_matches(_own(name), own, n=MOST, cutoff=0.6)
    near = [each for form in close for each in own[form]]
    table = name.lower().rpartition(".")[0]
    near.sort(key=lambda each: bool(table) and not each.lower().startswith(f"{table}."))
    return (near or known)[:MOST]


def _own(name: str) -> str:
    """Without the table in front."""
    return name.lower().rpartition(".")[2]


def _listed(names: Sequence[str]) -> str:
    return " or ".join(f"`{one_line(name, 80)}`" for name in names)
