"""Words as numbers, by a hash: deterministic and fast, for tests. Texts are near if they share words, not if
they mean the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import xxhash

from ..core.vectors import Vectors, unit

_WORD = re.compile(r"\w+")


class Hashing:
    """Implements `Embedder`."""

    name = "hashing"
    version = "1"

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            for word in _WORD.findall(text.lower()):
                number = xxhash.xxh3_64_intdigest(word.encode())
                vectors[row, number % self.dimensions] += 1 if number >> 63 else -1
        return unit(vectors)
