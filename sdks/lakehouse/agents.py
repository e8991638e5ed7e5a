"""A named agent of a served lake: each call is one request, made as the principal of its name."""

from __future__ import annotations

from typing import Any

from ...core.answers import Answer, Option, Wish
from ...core.wire import dump
from .transport import Request, Transport, segment


class HttpAgent:
    """Implements `core.agents.AgentCalls`. `transport`: on which calls are the agent's own."""

    def __init__(self, path: str, transport: Transport) -> None:
        self._path = path
        self._transport = transport

    def ask(self, question: str | Option, given: Answer | None, wish: Wish) -> Answer:
        body = {
            "question": question.to_dict() if isinstance(question, Option) else question,
            "given": given and {"question": given.question, "sql": given.sql, "query": given.query},
            "limit": wish.limit,
        }
        # Asked twice, it would be two turns. How long an answer takes is the policy's to say.
        return Answer.from_wire(self._send("POST", "ask", body, repeatable=False, patience_s=None))

    def remember(self, name: str, value: Any) -> None:
        self._send("PUT", _memory(name), {"value": value})

    def recall(self, name: str) -> Any:
        return self._send("GET", _memory(name))["value"]

    def forget(self, name: str) -> bool:
        return bool(self._send("DELETE", _memory(name), repeatable=False)["forgotten"])

    def verify(self, question: str, sql: str) -> None:
        self._send("POST", "verified", {"question": question, "sql": sql})

    def correct(self, question: str, was: str | None, sql: str) -> None:
        self._send("POST", "corrections", {"question": question, "was": was, "sql": sql}, repeatable=False)

    def log(self, after: int) -> list[dict[str, Any]]:
        return self._entries("log", after=after)

    def turns(self) -> list[dict[str, Any]]:
        return self._entries("turns")

    def _entries(self, what: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._send("GET", what, params=params)["entries"]
        return found

    def _send(self, method: str, what: str, body: Any = None, **options: Any) -> Any:
        content = b"" if body is None else dump(body)
        options = {"patience_s": self._transport.timeout} | options
        return self._transport.send(Request(method, f"{self._path}/{what}", content=content, **options))


def _memory(name: str) -> str:
    return f"memories/{segment(name)}"
