"""Answers with no more rows than a principal may have of one."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from ..core.errors import TooManyRows
from ..core.results import Result


def at_most(result: Result, most: int | None, principal: str | None) -> Result:
    """Raises `TooManyRows` for more rows; of a stream when the last one that may be had was read."""
    if most is None:
        return result
    refused = TooManyRows(
        f"the answer has more than {most:,} rows, which is the most that {principal} may have of one",
        hint=f"add LIMIT {most}, ask for less or group it; the owner can raise max_rows",
    )
    if result.known_rows is None:
        rows = pa.RecordBatchReader.from_batches(result.schema, _up_to(result, most, refused))
        return Result(rows, result.certificate, engine=result.engine)
    if result.known_rows > most:
        raise refused
    return result


def _up_to(result: Result, most: int, refused: TooManyRows) -> Iterator[pa.RecordBatch]:
    left = most
    for batch in result.batches():
        if left:
            yield batch.slice(0, left)
        if batch.num_rows > left:
            raise refused
        left -= batch.num_rows
