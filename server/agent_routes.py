"""Agents with names: what they are asked, and what they remember.

The owner makes one, which is to grant it what it may see. Its calls are made by the owner, or by itself with
the token of its name; they see what that principal sees.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Request, Response

from ..core.access import checked_name
from ..core.agents import AgentCalls
from ..core.answers import Answer, Option, Wish
from ..core.errors import Denied
from ..core.protocols import Cancel
from ..core.wire import TAGGED, load
from .bodies import JSON, content_type, read_body
from .callers import CALLER
from .context import Context, accepts, reply
from .models import (
    AgentAsk,
    AgentEntries,
    AgentName,
    Asked,
    Corrected,
    Forgotten,
    M,
    Memory,
    NewAgent,
    Vouched,
    checked,
)
from .openapi import model_body

T = TypeVar("T")


def agent_routes(context: Context) -> APIRouter:
    router = APIRouter(tags=["agents"])
    path = "/v1/{db}/agents/{agent}"

    async def run(db: str, agent: str, act: Callable[[AgentCalls], T]) -> T:
        return await context.work.run(lambda: act(_calls(context, db, agent)))

    async def body(model: type[M], request: Request) -> M:
        kind = content_type(request, JSON, TAGGED)
        content = await read_body(request, context.settings.body_bytes)
        return checked(model, load(content, tagged=kind == TAGGED))

    @router.put(path, response_model=AgentName, openapi_extra=model_body(NewAgent))
    async def grant(db: str, agent: str, request: Request) -> Response:
        """Grants an agent tables, roles and time, if it does not have them: for the owner."""
        who = CALLER.get().principal
        if who is not None:
            raise Denied(f"`{who}` may not change the policy", hint="the lake's owner can")
        wanted = await body(NewAgent, request)
        opened = await context.work.run(lambda: context.lake.agent(agent, database=db, **wanted.model_dump()))
        return reply(request, {"agent": opened.name})

    @router.post(f"{path}/ask", response_model=Asked, openapi_extra=model_body(AgentAsk))
    async def ask(db: str, agent: str, request: Request) -> Response:
        """Answers a question in English, or "analyze orders" with a report, as the agent's next turn.

        `given`: another agent's answer, to build on instead. A client that leaves cancels it.
        """
        asked = await body(AgentAsk, request)
        question = (
            asked.question if isinstance(asked.question, str) else Option(**asked.question.model_dump())
        )
        given = None if asked.given is None else Answer("answer", **asked.given.model_dump())
        key, cancel = context.running.start(context.mine(db), None)

        def act(cancel: Cancel = cancel) -> Answer:
            wish = Wish(limit=asked.limit, cancel=cancel)
            return _calls(context, db, agent).ask(question, given, wish)

        try:
            answer = await context.work.run_for(request, cancel, act)
        finally:
            context.running.finish(key)
        return reply(request, answer.to_wire() if accepts(request, TAGGED) else answer.to_dict())

    @router.get(f"{path}/turns", response_model=AgentEntries)
    async def turns(db: str, agent: str, request: Request) -> Response:
        """Its conversation."""
        return reply(request, {"entries": await run(db, agent, lambda calls: calls.turns())})

    @router.get(f"{path}/log", response_model=AgentEntries)
    async def log(db: str, agent: str, request: Request, after: int = 0) -> Response:
        """Where each of its answers came from; `after`: the number of an entry."""
        return reply(request, {"entries": await run(db, agent, lambda calls: calls.log(after))})

    @router.post(
        f"{path}/verified", status_code=204, response_class=Response, openapi_extra=model_body(Vouched)
    )
    async def verify(db: str, agent: str, request: Request) -> Response:
        """Has it answer a question by SQL, which is tried now."""
        said = await body(Vouched, request)
        await run(db, agent, lambda calls: calls.verify(said.question, said.sql))
        return Response(status_code=204)

    @router.post(
        f"{path}/corrections", status_code=204, response_class=Response, openapi_extra=model_body(Corrected)
    )
    async def correct(db: str, agent: str, request: Request) -> Response:
        """The same, for a question that it has answered otherwise."""
        said = await body(Corrected, request)
        await run(db, agent, lambda calls: calls.correct(said.question, said.was, said.sql))
        return Response(status_code=204)

    @router.get(f"{path}/memories/{{name:path}}", response_model=Memory)
    async def recall(db: str, agent: str, name: str, request: Request) -> Response:
        """What it remembers under a name."""
        return reply(request, {"value": await run(db, agent, lambda calls: calls.recall(name))})

    @router.put(
        f"{path}/memories/{{name:path}}",
        status_code=204,
        response_class=Response,
        openapi_extra=model_body(Memory),
    )
    async def remember(db: str, agent: str, name: str, request: Request) -> Response:
        """Has it remember a value, in the place of the one that it had under the name."""
        memory = await body(Memory, request)
        await run(db, agent, lambda calls: calls.remember(name, memory.value))
        return Response(status_code=204)

    @router.delete(f"{path}/memories/{{name:path}}", response_model=Forgotten)
    async def forget(db: str, agent: str, name: str, request: Request) -> Response:
        """Has it forget what it remembers under a name."""
        return reply(request, {"forgotten": await run(db, agent, lambda calls: calls.forget(name))})

    return router


def _calls(context: Context, database: str, name: str) -> AgentCalls:
    """As the principal of its name, whether it calls itself or the owner does."""
    who = CALLER.get()
    if who.principal not in (None, checked_name(name)):
        raise Denied(f"`{who.principal}` may not call the agent `{name}`", hint="its own token can")
    return context.lake.agent(name, database=database, settings=dict(who.settings)).calls
