"""What stands for a masked column: an expression over it, by method and type.

full         '***' for text, null for all else
partial(1,4) the first and the last characters of text, *** between; null for all else
hash         text that is equal for equal values, and that nobody can compute without the lake's salt
null         null
expression   what the policy says
"""

from __future__ import annotations

import pyarrow as pa

from ...core.access import Mask
from ...core.types import quote
from ..engine import text_literal
from ..scan import null_of

HIDDEN = "***"


def mask_sql(mask: Mask, label: str, name: str, arrow: pa.DataType, salt: str) -> str:
    """`label`, `name`: of the table and the column; `arrow`: its type. For all methods but `expression`."""
    column = f"{quote(label)}.{quote(name)}"
    match mask.method:
        case "full" if arrow == pa.string():
            return text_literal(HIDDEN)
        case "partial" if arrow == pa.string():
            return _partial(column, *map(int, mask.arguments))
        case "hash":
            return f"sha256({text_literal(salt)} || {column}::VARCHAR)"
        case _:
            return null_of(arrow)


def _partial(column: str, first: int, last: int) -> str:
    """Text that is too short to hide anything is hidden whole."""
    front = f"left({column}, {first})" if first else "''"
    back = f"right({column}, {last})" if last else "''"
    return (
        f"CASE WHEN length({column}) > {first + last} THEN {front} || {text_literal(HIDDEN)} || {back}"
        f" WHEN {column} IS NOT NULL THEN {text_literal(HIDDEN)} END"
    )
