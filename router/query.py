"""Runs SQL over the tiers and shards of one database: prepare, take a frozen cut, plan, read, certify.

sql --> prepare (kept by text) --> cut --> plan (pure) --> views over Arrow and Parquet --> Result
"""

from __future__ import annotations

from contextlib import ExitStack

import pyarrow as pa

from ..core.asof import AsOf, Now, parse_as_of
from ..core.certificate import Certificate
from ..core.clock import Clock, now_us
from ..core.errors import Invalid
from ..core.protocols import Cancel, DatabaseOwner
from ..core.results import Result
from .engine import Engine
from .explain import explain_text
from .file_table import FileTables
from .limits import Limits
from .parameters import Given
from .prepare import Preparations, Prepared
from .pushdown.choice import DAFT_FROM_BYTES, engine_name
from .run import Means, Run
from .statements import CreateTable, DropTable, Explain, Insert, Query, ShowTables
from .writes import create_table, drop_table, insert, show_tables


class Router:
    """One per database; safe to use from several threads."""

    def __init__(
        self,
        owner: DatabaseOwner,
        engine: Engine,
        clock: Clock,
        database: str,
        *,
        daft_from_bytes: int = DAFT_FROM_BYTES,
    ) -> None:
        self.owner = owner
        self.database = database
        self._engine = engine
        self._clock = clock
        self._preparations = Preparations(engine, database)
        self._means = Means(owner, engine, FileTables(), daft_from_bytes)

    def sql(
        self,
        sql: str,
        params: Given = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        timeout: float | None = None,
        memory_limit: str | None = None,
        cancel: Cancel | None = None,
        stream: bool = False,
        now_us: int | None = None,
        engine: str | None = None,
    ) -> Result:
        """Runs one statement. With `stream`, rows are made as they are read; the snapshot is held till then.

        `now_us`: what the statement takes for now, by default the lake's clock. `engine`: "duckdb", "daft"
        for what Daft can do of it, "auto" for Daft from a certain size on.
        Raises `Invalid`, `NotFound`, `Unavailable` (time, memory, cancelled) and `Corrupt`.
        """
        prepared = self._preparations.get(sql, dialect)
        if timeout is not None and timeout <= 0:
            raise Invalid(f"timeout={timeout} leaves no time", hint="give seconds above 0, or leave it out")
        limits = Limits(timeout, memory_limit, cancel, engine_name(engine))
        default = parse_as_of(as_of)
        match prepared.statement:
            case Query():
                run = self._run(prepared, params, default, limits, now_us)
                return run.stream() if stream and limits.engine == "duckdb" else run.result()
            case Explain(analyze=analyze):
                text = self._explain(prepared, params, default, analyze, limits)
                return Result(pa.table({"plan": text.splitlines()}), Certificate())
            case ShowTables():
                return show_tables(self.owner)
            case DropTable() as drop:
                return drop_table(self.owner, drop, self.database)
        if not isinstance(default, Now):
            raise Invalid(
                "AS OF is for reading", hint="write AS OF inside the query that feeds the statement"
            )
        run = self._run(prepared, params, default, limits, now_us)
        match prepared.statement:
            case Insert() as statement:
                return insert(self.owner, statement, run, self.database)
            case CreateTable() as create:
                return create_table(self.owner, create, run, self.database)

    def explain(
        self,
        sql: str,
        params: Given = None,
        *,
        as_of: object = None,
        dialect: str | None = None,
        analyze: bool = False,
        engine: str | None = None,
    ) -> str:
        """What a query would read, as a tree; with `analyze` it runs and its times are shown."""
        prepared = self._preparations.get(sql, dialect)
        if not isinstance(prepared.statement, Query | Explain):
            raise Invalid("only queries can be explained", hint="EXPLAIN SELECT ...")
        return self._explain(
            prepared, params, parse_as_of(as_of), analyze, Limits(engine=engine_name(engine))
        )

    def _explain(self, prepared: Prepared, params: Given, as_of: AsOf, analyze: bool, limits: Limits) -> str:
        run = self._run(prepared, params, as_of, limits)
        with ExitStack() as stack:
            plan = run.plan(stack)
            if limits.engine != "duckdb":
                return f"{explain_text(plan, run.as_of_text)}\n{run.engine_told(plan)}"
            if not analyze:
                return explain_text(plan, run.as_of_text, asked=run.question())
            with self._engine.session(limits.memory_limit) as session:
                measured = run.measure(session, plan)
            return explain_text(plan, run.as_of_text, measured)

    def _run(
        self, prepared: Prepared, params: Given, as_of: AsOf, limits: Limits, at_us: int | None = None
    ) -> Run:
        instant = now_us(self._clock) if at_us is None else at_us
        return Run(self._means, prepared, params, as_of, limits, instant)
