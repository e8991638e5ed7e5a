"""The application: routes, doors and errors put together over one lake."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from .. import __version__
from ..core.clock import Clock, now_us, system_clock
from ..core.protocols import Lakehouse
from .agent_routes import agent_routes
from .append_routes import append_routes
from .ask_routes import ask_routes
from .context import Context
from .doors import Doorkeeper, Stopwatch
from .errors import add_error_handlers
from .metrics import QUERIES_RUNNING, STARTED, Metrics
from .model_routes import model_routes
from .object_routes import object_routes
from .openapi import describe
from .operator_routes import operator_routes
from .page import page
from .policy_routes import policy_routes
from .query_routes import query_routes
from .settings import Settings
from .shard_routes import shard_routes
from .step_routes import step_routes
from .table_routes import table_routes
from .work import Work

_DESCRIPTION = """One lake, three tiers, one answer: append events, ask in SQL, travel in time.

`{db}` is a tenant; it exists from its first write. Errors have the body
{"error": {"kind", "message", "hint", "retryable"}}."""


def create_app(
    lake: Lakehouse,
    *,
    api_key: str | None = None,
    clock: Clock = system_clock,
    settings: Settings | None = None,
    objects: Sequence[type] = (),
) -> FastAPI:
    """Serves `lake`, which stays the caller's to close. `api_key` is asked of every request but `/health`; a
    principal shows a token instead.

    `objects`: the classes of durable objects that may be called from outside.
    """
    settings = settings or Settings()
    metrics = Metrics()
    metrics.set(STARTED, to=now_us(clock) // 1_000_000)
    metrics.set(QUERIES_RUNNING, to=0)
    context = Context(lake, settings, metrics, Work(settings.threads))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        context.work.close()

    app = FastAPI(
        title="Thermocline",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    # What is of the lake as a whole comes before what is of a database by a name.
    of_the_lake, asking = (
        (policy_routes, operator_routes),
        (query_routes, ask_routes, agent_routes, model_routes),
    )
    for routes in (*of_the_lake, append_routes, *asking, table_routes, shard_routes, step_routes):
        app.include_router(routes(context))
    app.include_router(object_routes(context, objects))
    add_error_handlers(app, metrics)
    app.add_middleware(
        Doorkeeper,
        lake=lake,
        work=context.work,
        api_key=api_key,
        hosts=settings.hosts,
        metrics=metrics,
    )
    app.add_middleware(Stopwatch, metrics=metrics)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(app, key_needed=api_key is not None)
        return app.openapi_schema

    app.state.cancel_queries = context.running.cancel_all
    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(openapi()))

    return app
