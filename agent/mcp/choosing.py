"""Asking the person behind the agent, where the agent's client can: elicitation, in both forms it has had.

A client of today is answered with the question, and calls again with the answer and our sealed state. An
older one is asked in the middle of the call.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mcp.server.mcpserver import Context
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequests, InputRequiredResult
from mcp_types.version import is_version_at_least

from .data import one_line

_ASKED, _FIELD = "choice", "choice"
_ANSWERED_BY_A_SECOND_CALL = "2026-07-28"

Ctx = Context[Any, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """`at`: which of the choices, from 0; `None` if the person would not say."""

    at: int | None


def can_ask(ctx: Ctx) -> bool:
    """Whether the client said that it shows forms; saying nothing of the kind means forms."""
    capabilities = ctx.client_capabilities
    asked = None if capabilities is None else capabilities.elicitation
    if asked is None or (asked.form is None and asked.url is not None):
        return False
    return _by_second_call(ctx) or ctx.session.can_send_request


def answered(ctx: Ctx) -> tuple[Chosen, Any] | None:
    """What was chosen in answer to an earlier round of this call, and the state that we sent along."""
    responses, state = ctx.input_responses, ctx.request_state
    if not responses or state is None or not isinstance(found := responses.get(_ASKED), ElicitResult):
        return None
    kept = json.loads(state)
    return _chosen(found, kept["choices"]), kept["state"]


async def choose(ctx: Ctx, message: str, choices: Sequence[str], state: Any) -> Chosen | InputRequiredResult:
    """`state`: JSON that `answered` gives back, should the answer come with another call."""
    shown = [f"{at}. {one_line(choice, 300)}" for at, choice in enumerate(choices, 1)]
    form = {"type": "object", "properties": {_FIELD: {"type": "string", "enum": shown}}, "required": [_FIELD]}
    params = ElicitRequestFormParams(message=message, requested_schema=form)
    if _by_second_call(ctx):
        asked: InputRequests = {_ASKED: ElicitRequest(params=params)}
        return InputRequiredResult(
            input_requests=asked, request_state=json.dumps({"choices": shown, "state": state})
        )
    found = await ctx.session.elicit_form(
        message=message, requested_schema=form, related_request_id=ctx.request_id
    )
    return _chosen(found, shown)


def _by_second_call(ctx: Ctx) -> bool:
    version = ctx.protocol_version
    return version is not None and is_version_at_least(version, _ANSWERED_BY_A_SECOND_CALL)


def _chosen(found: ElicitResult, choices: Sequence[str]) -> Chosen:
    said = (found.content or {}).get(_FIELD) if found.action == "accept" else None
    return Chosen(choices.index(said) if isinstance(said, str) and said in choices else None)
