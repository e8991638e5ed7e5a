"""Embedders by name, as a column's definition has it.

minilm                            all-MiniLM-L6-v2, without torch
hashing                           words as numbers: for tests, it knows nothing of meaning
sentence-transformers/<name>      any model of that library
openai/<name>                     a service that speaks OpenAI's protocol, at OPENAI_BASE_URL
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..core.errors import Invalid, nearest
from .base import Embedder

_known: dict[tuple[str, int], Embedder] = {}
_lock = threading.Lock()

NAMES = ("minilm", "hashing", "sentence-transformers/<name>", "openai/<name>")


def find(model: str, dimensions: int) -> Embedder:
    """The embedder of this process that gives vectors of that length; made at its first use.

    Raises `Invalid` for a name or a length that there is not, `Unavailable` if what it needs is missing.
    """
    make = _maker(model, dimensions)
    with _lock:
        found = _known.get((model, dimensions))
        if found is None:
            found = _known[model, dimensions] = make()
    return found


def _maker(model: str, dimensions: int) -> Callable[[], Embedder]:
    family, _, name = model.partition("/")
    if model == "minilm":
        from .minilm import WIDTH, minilm

        if dimensions != WIDTH:
            raise Invalid(f"minilm gives {WIDTH} numbers, not {dimensions}", hint=f"FLOAT[{WIDTH}]")
        return minilm
    if model == "hashing":
        from .hashing import Hashing

        return lambda: Hashing(dimensions)
    if family == "sentence-transformers" and name:
        from .sentence_transformers import SentenceTransformers

        return lambda: SentenceTransformers(name, dimensions)
    if family == "openai" and name:
        from .openai import OpenAI, from_environment

        return lambda: OpenAI(name, dimensions, from_environment())
    raise Invalid(f"no embedder `{model}`", hint=nearest(model, NAMES))
