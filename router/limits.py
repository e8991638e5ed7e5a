"""What a caller allows a query, and asks of it."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.protocols import Cancel
from .pushdown.choice import EngineName


@dataclass(frozen=True, slots=True)
class Limits:
    """`timeout` in seconds, `memory_limit` as 512MB."""

    timeout: float | None = None
    memory_limit: str | None = None
    cancel: Cancel | None = None
    engine: EngineName = "duckdb"
