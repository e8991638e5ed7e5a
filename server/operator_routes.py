"""For whoever runs the server: is it well, and what does it do."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from fastapi import APIRouter, Request, Response

from ..core.errors import Error
from .context import Context, reply
from .metrics import TIER_BYTES, TIER_ROWS
from .models import Health, Top


@runtime_checkable
class _Embedded(Protocol):
    """What a lake in this process says of itself."""

    read_only: bool

    @property
    def problem(self) -> Exception | None: ...


def operator_routes(context: Context) -> APIRouter:
    router = APIRouter(tags=["operate"])

    @router.get("/health", response_model=Health)
    async def health(request: Request) -> Response:
        """Needs no key. `writable`: whether appends are taken."""
        lake = context.lake
        embedded = lake if isinstance(lake, _Embedded) else None
        problem = embedded.problem if embedded else None
        return reply(
            request,
            {
                "status": "ok" if problem is None else "degraded",
                "writable": embedded is None or not embedded.read_only,
                "problem": None if problem is None else str(problem),
            },
        )

    @router.get("/v1/top", response_model=Top)
    async def top(request: Request) -> Response:
        """Hosts, shards with their queues and hot bytes, and how far each table's tiers lag behind."""
        return reply(request, await context.work.run(context.lake.top))

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Counters and gauges in Prometheus' text format."""
        await context.work.run(lambda: _measure_tiers(context))
        return Response(context.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router


def _measure_tiers(context: Context) -> None:
    context.metrics.clear(TIER_ROWS)
    context.metrics.clear(TIER_BYTES)
    for name in sorted(context.used.intersection(context.lake.databases())):
        try:
            found = context.lake.database(name).tiers().dicts()
        except Error:
            continue  # A damaged database must not hide the numbers of the others.
        for row in found:
            labels = (name, row["table"], row["tier"])
            context.metrics.set(TIER_ROWS, *labels, to=row["rows"])
            context.metrics.set(TIER_BYTES, *labels, to=row["bytes"])
