"""Errors of the agent layer."""

from __future__ import annotations

from ..core.errors import Invalid


class Unconnected(Invalid):
    """No joins connect the tables of a query."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        super().__init__(
            f"no joins connect the tables {', '.join(tables)}", hint="Name a relation between them."
        )
