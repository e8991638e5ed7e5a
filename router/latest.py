"""ORDER BY _seq, _time or _recorded_at with LIMIT n: a bound that statistics prove the answer to lie within.

If the files whose smallest `_time` is at least T hold n rows, the n latest rows have a `_time` of at least T,
and no file whose largest is below T needs to be opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from ..core.clock import iso
from ..core.schema import ENVELOPE_IDS
from ..core.snapshots import TableSnapshot
from .bind import Ref, Select
from .constants import Surroundings, constant
from .file_table import FileTable, Mask
from .prune import Judge, Resolve
from .syntax import Node, children

NEVER_NULL = ("_seq", "_time", "_recorded_at")
_MOST_ROWS = 1_000_000

_SCALARS = (
    "lower upper trim round floor ceil abs concat coalesce length substring replace strftime"
    " date_trunc date_part year month day hour minute second epoch epoch_ms struct_extract struct_pack"
    " list_value json_extract json_extract_string"
)
ROW_BY_ROW = frozenset(_SCALARS.split())
"""Functions, besides operators, that are known to give one value for each row."""


@dataclass(frozen=True, slots=True)
class Latest:
    """Rows beyond `value` of `column` can't be among the first n. `descending`: they must be >= `value`."""

    column: str
    descending: bool
    value: int

    def __str__(self) -> str:
        shown = str(self.value) if self.column == "_seq" else iso(self.value)
        return f"{self.column} {'>=' if self.descending else '<='} {shown}"


Piece = tuple[TableSnapshot, Sequence[tuple[str, FileTable, Mask]], Resolve]
"""One shard: its cut, the files still in question for each tier, and what names mean there."""


def latest_bound(select: Select, ref: Ref, pieces: Sequence[Piece], around: Surroundings) -> Latest | None:
    """The tightest bound that the statistics prove, `None` if the statement is not of this kind."""
    if ref.whole or ref.renamed or select.sources != 1 or not _row_by_row(select.node):
        return None
    wanted = _wanted(select.node, around)
    order = _order(select.node)
    if wanted is None or order is None or any(resolve(order[0]) is None for _, _, resolve in pieces):
        return None
    column, descending = order[0][-1].lower(), order[1]
    condition = select.node.get("where_clause")
    if condition is not None and not _never_null(condition):
        return None
    lows, highs, counts = [], [], []
    for snapshot, tiers, resolve in pieces:
        for tier, files, mask in tiers:
            bounds = files.bounds(ENVELOPE_IDS[column])
            if bounds is None:
                continue
            sure = mask & ~files.ttl & (files.seq_max <= snapshot.seq) & bounds[2]
            if condition is not None:
                matching = Judge(files, tier, resolve, around).must_match(condition)
                if matching is None:
                    return None
                sure = sure & matching
            lows.append(bounds[0][sure])
            highs.append(bounds[1][sure])
            counts.append(files.rows[sure])
        if condition is None and not snapshot.has_ttl:
            for low, high, rows in _hot_pieces(snapshot, column, wanted, descending):
                lows.append(np.array([low]))
                highs.append(np.array([high]))
                counts.append(np.array([rows]))
    if not counts:
        return None
    edges = np.concatenate(lows if descending else highs)
    return _tightest(column, descending, edges, np.concatenate(counts), wanted)


def within(latest: Latest, files: FileTable) -> Mask:
    """The files that can hold a row within the bound."""
    bounds = files.bounds(ENVELOPE_IDS[latest.column])
    if bounds is None:
        return np.ones(len(files), np.bool_)
    low, high, known = bounds
    reached = np.greater_equal(high, latest.value) if latest.descending else np.less_equal(low, latest.value)
    return np.asarray(reached | ~known, np.bool_)


def _tightest(column: str, descending: bool, edges: Any, counts: Any, wanted: int) -> Latest | None:
    order = np.argsort(-edges if descending else edges, kind="stable")
    enough = np.flatnonzero(np.cumsum(counts[order]) >= wanted)
    return Latest(column, descending, int(edges[order][enough[0]])) if len(enough) else None


def _hot_pieces(
    snapshot: TableSnapshot, column: str, wanted: int, descending: bool
) -> list[tuple[int, int, int]]:
    """(smallest, largest, rows) of the hot rows: the last `wanted`, which mostly suffice, and the others."""
    hot = snapshot.hot.column(column)
    if not len(hot):
        return []
    split = max(0, len(hot) - wanted) if descending else min(len(hot), wanted)
    pieces = []
    for piece in (hot.slice(0, split), hot.slice(split)):
        # Only the nearer piece may be walked: the other can have a million rows.
        if 0 < len(piece) <= wanted:
            extremes = pc.min_max(piece.cast("int64"))
            pieces.append((extremes["min"].as_py(), extremes["max"].as_py(), len(piece)))
    return pieces


def _wanted(node: Node, around: Surroundings) -> int | None:
    limits = [m for m in node.get("modifiers", ()) if m["type"] == "LIMIT_MODIFIER"]
    if len(limits) != 1 or "limit" not in limits[0] or "limit_type" in limits[0]:
        return None
    total = 0
    for key in ("limit", "offset"):
        if key in limits[0]:
            value = constant(limits[0][key], around)
            if value is None or not isinstance(value.value, int) or value.value < 0:
                return None
            total += value.value
    return total if 0 < total <= _MOST_ROWS else None


def _order(node: Node) -> tuple[tuple[str, ...], bool] | None:
    """(column, descending) of the first sort key, if it is a column that is never null."""
    for modifier in node.get("modifiers", ()):
        if modifier["type"] == "ORDER_MODIFIER":
            first = modifier["orders"][0]
            names = first["expression"].get("column_names", ())
            if not names or names[-1].lower() not in NEVER_NULL or _is_alias(node, names[-1].lower()):
                return None
            return tuple(names), first["type"] == "DESCENDING"
    return None


def _is_alias(node: Node, name: str) -> bool:
    """Whether a select item of another meaning bears the name: ORDER BY would mean that one."""
    return any(
        item.get("alias", "").lower() == name and item.get("column_names", [""])[-1].lower() != name
        for item in node["select_list"]
    )


def _row_by_row(node: Node) -> bool:
    kinds = {modifier["type"] for modifier in node.get("modifiers", ())}
    others = ("group_expressions", "group_sets", "having", "qualify", "sample")
    return (
        kinds == {"ORDER_MODIFIER", "LIMIT_MODIFIER"}
        and not any(key in node for key in others)
        and node.get("aggregate_handling", "STANDARD_HANDLING") == "STANDARD_HANDLING"
        and all(_plain(item) for item in node["select_list"])
    )


def _plain(node: Any) -> bool:
    """An expression over one row: no aggregate, window, subquery or unnest in it."""
    if isinstance(node, dict):
        if node.get("class") in ("WINDOW", "SUBQUERY"):
            return False
        called = node.get("class") == "FUNCTION" and not node.get("is_operator")
        if called and node["function_name"].lower() not in ROW_BY_ROW:
            return False
    return all(_plain(child) for child in children(node))


def _never_null(node: Node) -> bool:
    """Whether a condition speaks of columns without nulls only."""
    if node.get("class") == "COLUMN_REF":
        return node["column_names"][-1].lower() in NEVER_NULL
    return all(_never_null(child) for child in _expressions(node))


def _expressions(node: Any) -> list[Node]:
    found: list[Node] = []
    for child in children(node):
        found += [child] if isinstance(child, dict) and "class" in child else _expressions(child)
    return found
