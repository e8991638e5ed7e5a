"""Anthropic's Messages API."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...core.protocols import Cancel
from ...core.services import Service, refusal
from .base import Completion, Message, OnText, Stopped, estimated_tokens
from .events import Event
from .http import Asking
from .line import Pause, wait

ANTHROPIC_URL = "https://api.anthropic.com"
VERSION = "2023-06-01"
_STOPPED: Mapping[str, Stopped] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refused",
}
_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""What an error in the middle of a stream would have been as the status of an answer."""
_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class Anthropic:
    """Implements `Provider`."""

    name = "anthropic"

    def __init__(
        self,
        model: str,
        service: Service,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Pause = wait,
    ) -> None:
        self.model = model
        self._service = service
        headers = {"anthropic-version": VERSION} | ({"x-api-key": service.key} if service.key else {})
        self._asking = Asking(service, "/v1/messages", headers, clock=clock, pause=pause)

    def complete(
        self,
        messages: Sequence[Message],
        *,
        timeout: float,
        max_tokens: int,
        on_text: OnText | None = None,
        cancel: Cancel | None = None,
    ) -> Completion:
        body = {
            "model": self.model,
            "max_tokens": max_tokens,
            "messages": [
                {"role": message.role, "content": message.text}
                for message in messages
                if message.role != "system"
            ],
            "stream": True,
        }
        if system := [message.text for message in messages if message.role == "system"]:
            body["system"] = "\n\n".join(system)
        text, answer = self._asking.ask(
            body, lambda: _Answer(self._service), timeout=timeout, on_text=on_text, cancel=cancel
        )
        return Completion(
            text,
            answer.input_tokens or sum(estimated_tokens(message.text) for message in messages),
            answer.output_tokens or estimated_tokens(text),
            _STOPPED.get(answer.stopped or "", "end"),
        )


class _Answer:
    """Implements `http.Answer`. Counts of tokens are totals: the last of each counts."""

    def __init__(self, service: Service) -> None:
        self.over = False
        self.stopped: str | None = None
        self._usage: dict[str, int] = {}
        self._service = service

    @property
    def whole(self) -> bool:
        return self.stopped is not None

    @property
    def input_tokens(self) -> int:
        return sum(self._usage.get(name, 0) for name in _INPUT)

    @property
    def output_tokens(self) -> int:
        return self._usage.get("output_tokens", 0)

    def read(self, event: Event) -> str:
        said: dict[str, Any] = json.loads(event.data)
        match said["type"]:
            case "message_start":
                self._count(said["message"].get("usage"))
            case "content_block_delta" if said["delta"]["type"] == "text_delta":
                return str(said["delta"]["text"])
            case "message_delta":
                self.stopped = said["delta"].get("stop_reason") or self.stopped
                self._count(said.get("usage"))
            case "message_stop":
                self.over = True
            case "error":
                raise refusal(self._service, _STATUS.get(said["error"]["type"], 500), event.data)
        return ""

    def _count(self, usage: Mapping[str, Any] | None) -> None:
        for name in (*_INPUT, "output_tokens"):
            if usage and usage.get(name) is not None:
                self._usage[name] = int(usage[name])
