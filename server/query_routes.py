"""Questions: SQL, its plan, and cancelling it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..core.arrow_wire import ARROW
from ..core.protocols import Cancel
from ..core.results import Result
from ..core.wire import TAGGED, load
from .answers import answer
from .bodies import JSON, content_type, read_body
from .context import Context, reply
from .models import Answer, Explain, M, Plan, Query, Search, checked
from .openapi import arrow_too, model_body


def query_routes(context: Context) -> APIRouter:
    router = APIRouter(tags=["query"])

    async def question(request: Request, model: type[M]) -> M:
        kind = content_type(request, JSON, TAGGED)
        content = await read_body(request, context.settings.body_bytes)
        return checked(model, await context.work.run(lambda: load(content, tagged=kind == TAGGED)))

    @router.post(
        "/v1/{db}/sql", response_model=Answer, responses=arrow_too(ARROW), openapi_extra=model_body(Query)
    )
    async def sql(db: str, request: Request) -> Response:
        """Answers a SELECT, or carries out INSERT, CREATE TABLE or DROP TABLE.

        With `Accept: application/vnd.apache.arrow.stream` the answer is an Arrow stream, its certificate in
        the metadata of the schema. A client that leaves cancels the query.
        """
        query = await question(request, Query)
        database = context.database(db)

        def ask(cancel: Cancel) -> Result:
            return database.sql(
                query.sql,
                query.params,
                as_of=query.as_of,
                dialect=query.dialect,
                timeout=query.timeout,
                memory_limit=query.memory_limit,
                cancel=cancel,
                stream=True,
                engine=query.engine,
            )

        return await answer(request, context, db, query.id, ask)

    @router.post(
        "/v1/{db}/search",
        response_model=Answer,
        responses=arrow_too(ARROW),
        openapi_extra=model_body(Search),
    )
    async def search(db: str, request: Request) -> Response:
        """The events nearest to a text or a vector, by meaning, by words or by both."""
        asked = await question(request, Search)
        database = context.database(db)

        def ask(cancel: Cancel) -> Result:
            options = asked.model_dump(exclude={"query", "id"})
            return database.search(asked.query, cancel=cancel, **options)

        return await answer(request, context, db, asked.id, ask)

    @router.post("/v1/{db}/sql/{id}/cancel", status_code=204, response_class=Response)
    async def cancel(db: str, id: str) -> Response:
        """Cancels the query that was sent with this `id`; its own request then answers `Unavailable`."""
        await context.work.run(lambda: context.running.cancel(context.mine(db), id))
        return Response(status_code=204)

    @router.post("/v1/{db}/explain", response_model=Plan, openapi_extra=model_body(Explain))
    async def explain(db: str, request: Request) -> Response:
        """The plan of a query as text; with `analyze` it is carried out and measured."""
        asked = await question(request, Explain)
        database = context.database(db)
        plan = await context.work.run(
            lambda: database.explain(
                asked.sql,
                asked.params,
                as_of=asked.as_of,
                dialect=asked.dialect,
                analyze=asked.analyze,
                engine=asked.engine,
            )
        )
        return reply(request, {"plan": plan})

    return router
