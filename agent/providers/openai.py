"""OpenAI's chat completions, which llama.cpp's server, Ollama, vLLM and many others speak as well."""

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

OPENAI_URL = "https://api.openai.com/v1"
_STOPPED: Mapping[str, Stopped] = {"length": "length", "content_filter": "refused"}


class OpenAI:
    """Implements `Provider`. `local`: a server of one's own, which is asked for its likeliest answer; newer
    models of OpenAI refuse that."""

    def __init__(
        self,
        model: str,
        service: Service,
        *,
        name: str = "openai",
        local: bool = False,
        clock: Callable[[], float] = time.monotonic,
        pause: Pause = wait,
    ) -> None:
        self.name = name
        self.model = model
        self._service = service
        self._options: dict[str, Any] = {"temperature": 0} if local else {}
        # The older name is refused by OpenAI's newer models, the newer one not known to all the others.
        self._limit = "max_completion_tokens" if service.url == OPENAI_URL else "max_tokens"
        headers = {"Authorization": f"Bearer {service.key}"} if service.key else {}
        self._asking = Asking(service, "/chat/completions", headers, clock=clock, pause=pause)

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
            "messages": [{"role": message.role, "content": message.text} for message in messages],
            "stream": True,
            "stream_options": {"include_usage": True},
            self._limit: max_tokens,
        } | self._options
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
    """Implements `http.Answer`. Usage comes behind the reason why the text ends, `[DONE]` behind both."""

    def __init__(self, service: Service) -> None:
        self.over = False
        self.stopped: str | None = None
        self.input_tokens = self.output_tokens = 0
        self._service = service

    @property
    def whole(self) -> bool:
        return self.stopped is not None

    def read(self, event: Event) -> str:
        if event.data.strip() == "[DONE]":
            self.over = True
            return ""
        chunk: dict[str, Any] = json.loads(event.data)
        if error := chunk.get("error"):
            code = error.get("code") if isinstance(error, dict) else None
            raise refusal(self._service, code if isinstance(code, int) else 500, event.data)
        if usage := chunk.get("usage"):
            self.input_tokens = int(usage["prompt_tokens"])
            self.output_tokens = int(usage["completion_tokens"])
        return "".join(self._piece(choice) for choice in chunk["choices"])

    def _piece(self, choice: Mapping[str, Any]) -> str:
        self.stopped = choice.get("finish_reason") or self.stopped
        delta = choice.get("delta") or {}
        return delta.get("content") or ""
