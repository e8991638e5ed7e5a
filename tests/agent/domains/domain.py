"""What a domain is: its rows, and what is asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from thermocline.agent.catalog import Catalog, build_catalog

from ..shop import facts


@dataclass(frozen=True)
class Domain:
    """`questions`: each with a statement by hand for the same rows, in its order where it has one.
    `unanswerable`: questions that nothing here answers. `answered`: the share of the questions that is sure
    enough, at least.
    """

    ddl: str
    questions: Mapping[str, str]
    keys: tuple[tuple[str, str, str, str], ...] = ()
    unanswerable: tuple[str, ...] = ()
    answered: float = 0.75

    def rows(self) -> duckdb.DuckDBPyConnection:
        """The rows, in memory."""
        connection = duckdb.connect()
        connection.execute(self.ddl)
        return connection

    def catalog(self, rows: duckdb.DuckDBPyConnection) -> Catalog:
        """What is known of them."""
        return build_catalog(facts(rows), self.keys)
