"""A service that speaks OpenAI's protocol for embeddings, here or elsewhere.

OPENAI_BASE_URL   such as http://127.0.0.1:8080/v1
OPENAI_API_KEY    if the service wants one
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np

from ..core.errors import Invalid, Unavailable
from ..core.services import Service, refusal
from ..core.vectors import Vectors, unit

AT_A_TIME = 64
TIMEOUT_S = 60.0


def from_environment() -> Service:
    """Raises `Unavailable` if nothing is said of a service."""
    url = os.environ.get("OPENAI_BASE_URL")
    if not url:
        raise Unavailable("no service for embeddings is known", hint="set OPENAI_BASE_URL and OPENAI_API_KEY")
    return Service(url.rstrip("/"), os.environ.get("OPENAI_API_KEY") or None)


class OpenAI:
    """Implements `Embedder`. What changes behind a model's name at the service can't be told: `version` is
    fixed."""

    version = "1"

    def __init__(self, model: str, dimensions: int, service: Service) -> None:
        self.name = f"openai/{model}"
        self.dimensions = dimensions
        self._model = model
        self._service = service
        self._url = f"{service.url}/embeddings"
        headers = {"Authorization": f"Bearer {service.key}"} if service.key else {}
        self._http = httpx.Client(headers=headers, timeout=TIMEOUT_S)

    def embed(self, texts: Sequence[str]) -> Vectors:
        parts = [self._ask(texts[at : at + AT_A_TIME]) for at in range(0, len(texts), AT_A_TIME)]
        return np.concatenate([np.empty((0, self.dimensions), np.float32), *parts])

    def _ask(self, texts: Sequence[str]) -> Vectors:
        asked = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        try:
            reply = self._http.post(self._url, json=asked | {"dimensions": self.dimensions})
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._url} does not answer: {error}", hint="it is asked again") from error
        if reply.status_code != 200:
            raise refusal(self._service, reply.status_code, reply.text)
        return self._vectors(reply, len(texts))

    def _vectors(self, reply: httpx.Response, count: int) -> Vectors:
        try:
            data: list[dict[str, Any]] = sorted(reply.json()["data"], key=lambda item: item["index"])
            vectors = np.array([item["embedding"] for item in data], np.float32)
        except (ValueError, KeyError, TypeError) as error:
            raise Unavailable(f"{self._url} answered something else", hint=repr(error)) from error
        if vectors.shape != (count, self.dimensions):
            raise Invalid(
                f"`{self._model}` gives {vectors.shape[-1]} numbers, not {self.dimensions}",
                hint="give the column the model's length",
            )
        return unit(vectors)
