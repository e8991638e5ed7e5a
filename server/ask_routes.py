"""Questions in English."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..core.answers import Answer as Answered
from ..core.answers import Option
from ..core.protocols import Cancel
from ..core.wire import TAGGED, load
from .bodies import JSON, content_type, read_body
from .context import Context, accepts, reply
from .models import Ask, Asked, checked
from .openapi import model_body


def ask_routes(context: Context) -> APIRouter:
    router = APIRouter(tags=["query"])

    @router.post("/v1/{db}/ask", response_model=Asked, openapi_extra=model_body(Ask))
    async def ask(db: str, request: Request) -> Response:
        """Answers a question in English, with its SQL, its rows and what they were read from.

        `kind` is `answer`, `clarify` (send one of the `options` back in the place of the question) or
        `refuse` (`unplaced` are the words that mean nothing here). A client that leaves cancels it.
        """
        kind = content_type(request, JSON, TAGGED)
        content = await read_body(request, context.settings.body_bytes)
        asked = checked(Ask, load(content, tagged=kind == TAGGED))
        database = context.database(db)
        question = (
            asked.question if isinstance(asked.question, str) else Option(**asked.question.model_dump())
        )
        key, cancel = context.running.start(context.mine(db), asked.id)

        def act(cancel: Cancel = cancel) -> Answered:
            return database.ask(
                question,
                conversation=asked.conversation,
                dry_run=asked.dry_run,
                as_of=asked.as_of,
                limit=asked.limit,
                guess=asked.guess,
                timeout=asked.timeout,
                cancel=cancel,
            )

        try:
            answer = await context.work.run_for(request, cancel, act)
        finally:
            context.running.finish(key)
        return reply(request, answer.to_wire() if accepts(request, TAGGED) else answer.to_dict())

    return router
