"""The seven tools. What a method is called, takes and says of itself is what agents are told."""

from __future__ import annotations

from typing import Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, InputRequiredResult

from ...core.answers import Answer, Option
from ...core.results import Result
from ...router.statements import Query, read_statement
from ..asker import first_rows
from ..catalog import Table
from ..query import to_dict
from ..rank import Schema
from . import cursors, finding, results, similar
from .certificates import bookmark
from .choosing import Chosen, Ctx, answered, can_ask, choose
from .data import csv_line, fenced, one_line
from .describing import describe
from .doors import Asked, Doors, Visit
from .failures import unknown
from .known import masked, names_of, verified
from .metrics import metric_query
from .terms import column_of
from .writing import Preview, is_query, preview, refused

Filters = list[dict[str, Any]] | None


class Tools:
    """Over one database, as whoever calls."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def search_catalog(
        self,
        query: str,
        kind: Literal["table", "metric", "column", "verified"] | None = None,
        limit: int = 10,
    ) -> CallToolResult:
        """Find tables, metrics, columns and verified questions by words, synonyms or values. Start here."""

        def act(visit: Visit) -> CallToolResult:
            most = _bounded(limit, 50)
            schema = visit.schema()
            vouched = verified(visit.database, schema.catalog)
            found = finding.search(schema, query, kind, most, vouched)
            if not found:
                found = finding.search(visit.schema(fresh=True), query, kind, most, vouched)
            rows = [csv_line((f.kind, f.name, f.about)) for f in found]
            told = f"{len(rows)}, the likeliest first; CSV"
            return results.told([fenced("found", told, ["kind,name,about", *rows])])

        return await self._doors.call(act)

    async def describe(self, name: str, detail: Literal["brief", "full"] = "brief") -> CallToolResult:
        """Columns of a table (or one table.column): types, synonyms, sample values, rows and time span per
        storage tier; full adds counts, ranges, joins."""
        full = detail == "full"
        return results.told([await self._doors.call(lambda visit: described(visit, name, full=full))])

    async def ask(
        self, question: str, ctx: Ctx, conversation_id: str | None = None, dry_run: bool = False
    ) -> CallToolResult | InputRequiredResult:
        """Answer a question in plain English, with its SQL and confidence. May ask back with options: pass an
        option's id as the question. A conversation_id lets a question build on the one before ("and by
        region?"). dry_run: SQL only."""

        def put(asked: str | Option) -> Any:
            def act(visit: Visit) -> Answer:
                kept = self._doors.options.find(visit.caller, asked) if isinstance(asked, str) else None
                return visit.database.ask(
                    kept or asked,
                    conversation=conversation_id,
                    dry_run=dry_run,
                    limit=self._doors.settings.limit,
                    timeout=visit.timeout,
                    cancel=visit.cancel,
                )

            return self._doors.call(act)

        earlier = answered(ctx)
        if earlier is not None:
            chosen, state = earlier
            options = [Option.from_dict(raw) for raw in state]
        else:
            answer = await put(question)
            if answer.kind != "clarify" or not answer.options:
                return self._answered(answer)
            options = list(answer.options)
            if not can_ask(ctx):
                return self._which(options)
            raw = [option.to_dict() for option in options]
            readings = [option.reading for option in options]
            asked = await choose(ctx, f"What is meant by: {one_line(question, 300)}", readings, raw)
            if isinstance(asked, InputRequiredResult):
                return asked
            chosen = asked
        if chosen.at is None:
            return self._which(options)
        return self._answered(await put(options[chosen.at]))

    async def query_metrics(
        self,
        metrics: list[str],
        group_by: list[str] | None = None,
        filters: Filters = None,
        time: dict[str, Any] | str | None = None,
        order: list[str] | None = None,
        limit: int | None = None,
    ) -> CallToolResult:
        """Measures without SQL; joins are found. metrics: "sum(orders.revenue)", "count(orders)",
        "count(distinct t.c)", avg, median, min, max, or a metric's name. group_by: "orders.region",
        "month(orders.order_date)" (hour to year). filters: [{column, op, value}], op one of = != < <= > >=
        in, not in, contains, starts with, is null, is not null; a metric as column filters groups. time:
        "last quarter", or {column, period}, or {column, from, to}, to excluded. order: "-sum(orders.revenue)"
        is descending."""
        given = (metrics, group_by or (), filters or (), time, order or ())

        def act(visit: Visit) -> Answer:
            most = None if limit is None else _bounded(limit, self._doors.settings.most_rows)
            try:
                query = metric_query(visit.schema(), *given, most, self._doors.clock())
            except ToolError:
                # What was appended a moment ago has names, too.
                query = metric_query(visit.schema(fresh=True), *given, most, self._doors.clock())
            return visit.database.ask(
                Option("", "", to_dict(query)),
                limit=most or self._doors.settings.limit,
                timeout=visit.timeout,
                cancel=visit.cancel,
            )

        return self._answered(await self._doors.call(act))

    async def run_sql(
        self, sql: str, limit: int | None = None, cursor: str | None = None, as_of: str | None = None
    ) -> CallToolResult:
        """Rows of one DuckDB SELECT. A truncated result gives a cursor: send it with the same sql for the
        next page, of the same cut; order by something unique then. as_of: the past, as an instant, a
        sequence or a bookmark."""

        def act(visit: Visit) -> CallToolResult:
            statement = read_statement(sql)
            if not is_query(statement):
                raise refused(statement)
            return self._page(visit, sql, limit, cursor, as_of, pages=isinstance(statement, Query))

        return await self._doors.call(act)

    async def run_sql_or_write(
        self,
        sql: str,
        ctx: Ctx,
        limit: int | None = None,
        cursor: str | None = None,
        as_of: str | None = None,
        confirm: str | None = None,
    ) -> CallToolResult | InputRequiredResult:
        """Rows of one DuckDB SELECT. A truncated result gives a cursor: send it with the same sql for the
        next page, of the same cut; order by something unique then. as_of: the past, as an instant, a
        sequence or a bookmark. INSERT, CREATE, DROP are previewed first, then done when confirmed."""

        def look(visit: Visit) -> CallToolResult | Preview:
            statement = read_statement(sql)
            if is_query(statement):
                return self._page(visit, sql, limit, cursor, as_of, pages=isinstance(statement, Query))
            return preview(visit.database, sql, statement, visit.cancel)

        def write(visit: Visit) -> CallToolResult:
            result = visit.database.sql(sql, timeout=visit.timeout, cancel=visit.cancel)
            return results.of_result(result, results.rows_of(result.arrow(), more=False), "done")

        found = await self._doors.call(look)
        if isinstance(found, CallToolResult):
            return found
        caller, waiting = self._doors.caller(), self._doors.confirmations
        earlier = answered(ctx)
        if earlier is None and can_ask(ctx):
            code = waiting.keep(caller, sql, found)
            asked = await choose(
                ctx, f"Do this? {one_line(found.told)}: {one_line(sql, 500)}", ["no", "yes"], code
            )
            if isinstance(asked, InputRequiredResult):
                return asked
            earlier = asked, code
        if earlier is not None and earlier[0] != Chosen(1):
            return results.told(["not done: it was not confirmed"])
        said = confirm if earlier is None else earlier[1]
        if said is not None and waiting.take(caller, said, sql, found):
            return await self._doors.call(write)
        return results.told(
            [
                "not done: this is not what was confirmed, or too long ago" if said is not None else None,
                f"NOT DONE YET: {one_line(found.told)}",
                "Call again."
                if can_ask(ctx)
                else f'If the user agrees, call again with confirm="{waiting.keep(caller, sql, found)}".',
            ]
        )

    async def explain(self, sql: str | None = None, answer_id: str | None = None) -> CallToolResult:
        """The plan of a query, or of an earlier answer: tiers, files and bytes it reads, policy applied."""
        if (sql is None) == (answer_id is None):
            raise ToolError("give sql or answer_id, one of them.")

        def act(visit: Visit) -> str:
            asked = Asked(sql or "")
            if answer_id is not None:
                found = self._doors.answers.find(visit.caller, answer_id)
                if found is None:
                    raise ToolError(f"no answer `{one_line(answer_id, 40)}` is kept. Give its sql.")
                asked = found
            return visit.database.explain(asked.sql, as_of=asked.as_of)

        return results.of_text("plan", await self._doors.call(act))

    async def search_similar(
        self,
        table: str,
        text: str | None = None,
        vector: list[float] | None = None,
        k: int = 10,
        filters: Filters = None,
    ) -> CallToolResult:
        """The k events nearest to a text or a vector, in all tiers. filters as in query_metrics."""
        if (text is None) == (vector is None):
            raise ToolError("give text or vector, one of them.")

        def act(visit: Visit) -> CallToolResult:
            known = _table(visit, table)
            where = similar.where_of(filters or (), known.name, visit.schema().catalog)
            most = _bounded(k, self._doors.settings.most_rows)
            found = similar.search(
                visit.database,
                known.name,
                text,
                vector,
                most,
                where,
                timeout=visit.timeout,
                cancel=visit.cancel,
            )
            rows = results.rows_of(found.result.arrow(), more=False)
            return results.of_result(found.result, rows, f"ranked by {found.mode}, the nearest first")

        return await self._doors.call(act)

    def _answered(self, answer: Answer) -> CallToolResult:
        name = None
        if answer.kind == "answer" and answer.sql is not None:
            name = self._doors.answers.keep(self._doors.caller(), Asked(answer.sql, answer.as_of))
        return results.of_answer(answer, name)

    def _which(self, options: list[Option]) -> CallToolResult:
        """For a client that shows no forms, or a person who would not say."""
        caller = self._doors.caller()
        ids = [self._doors.options.keep(caller, option) for option in options]
        rows = [csv_line((at, option.reading)) for at, option in zip(ids, options, strict=True)]
        return results.told(
            [
                "NOT ANSWERED YET: it can be meant in several ways.",
                "Let the user choose, then call ask with the id as the question.",
                fenced("options", f"{len(rows)}; CSV", ["id,meaning", *rows]),
            ]
        )

    def _page(
        self,
        visit: Visit,
        sql: str,
        limit: int | None,
        cursor: str | None,
        as_of: str | None,
        *,
        pages: bool,
    ) -> CallToolResult:
        place = cursors.Place(as_of) if cursor is None else cursors.read(sql, cursor)
        wanted = _bounded(limit or self._doors.settings.limit, self._doors.settings.most_rows)
        text = cursors.page_of(sql, wanted + 1, place.offset) if pages else sql
        result = visit.database.sql(
            text, as_of=place.as_of, timeout=visit.timeout, cancel=visit.cancel, stream=True
        )
        if place.files is not None and place.files != cursors.files_of(result.certificate):
            raise ToolError("the files were rearranged since that page. Add ORDER BY and begin again.")
        table, more = first_rows(result, wanted)
        rows = results.rows_of(table, more=more)
        return results.of_result(result, rows, cursor=_following(sql, place, result, rows) if pages else None)


def _following(sql: str, place: cursors.Place, result: Result, rows: results.Rows) -> str | None:
    """The cursor of the page behind these rows."""
    if not rows.more or not rows.shown:
        return None
    cut = place.as_of or bookmark(result.certificate)
    files = cursors.files_of(result.certificate) if cursors.order_of(sql) == "files" else None
    return cursors.write(sql, cursors.Place(cut, place.offset + rows.shown, files))


def described(visit: Visit, name: str, *, full: bool) -> str:
    schema = visit.schema()
    table, column = _named(schema, name) or _named(visit.schema(fresh=True), name) or _unnamed(schema, name)
    database = visit.database
    return describe(database, schema.catalog, table, column, masked(database), full=full, cancel=visit.cancel)


def _named(schema: Schema, name: str) -> tuple[Table, str | None] | None:
    """A table, or a column and its table."""
    folded = name.strip().lower()
    for table in schema.catalog.tables:
        if table.name.lower() == folded:
            return table, None
    try:
        column = column_of(name, schema.catalog)
    except ToolError:
        return None
    return schema.catalog.by_name[column.table], column.name


def _unnamed(schema: Schema, name: str) -> tuple[Table, str | None]:
    raise unknown("table or column", name, names_of(schema))


def _table(visit: Visit, name: str) -> Table:
    for fresh in (False, True):
        for table in visit.schema(fresh=fresh).catalog.tables:
            if table.name.lower() == name.strip().lower():
                return table
    raise unknown("table", name, (table.name for table in visit.schema().catalog.tables))


def _bounded(rows: int, most: int) -> int:
    return max(1, min(rows, most))
