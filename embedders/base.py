"""What turns texts into vectors, for a column that is computed and for a question that is searched with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..core.vectors import Vectors


class Embedder(Protocol):
    """`name` and `version` say what makes the vectors: equal ones make equal vectors of equal texts."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """(texts, dimensions), each row of length 1. Raises `Unavailable` if it may work later."""
        ...
