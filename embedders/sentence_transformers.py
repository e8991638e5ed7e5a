"""Models of the sentence-transformers library, by name or folder.

Vectors that are cut off to fewer dimensions are made anew of length 1, as models trained for it (MRL) expect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
import xxhash

from ..core.errors import Invalid, Unavailable
from ..core.vectors import Vectors, unit


class SentenceTransformers:
    """Implements `Embedder`. `version` is a checksum of the model's weights."""

    def __init__(self, name: str, dimensions: int) -> None:
        """Raises `Unavailable` if the library or the model is missing, `Invalid` for too many dimensions."""
        try:
            library: Any = import_module("sentence_transformers")
        except ImportError:
            raise Unavailable(
                "sentence-transformers is not installed",
                hint="pip install 'thermocline[sentence-transformers]'",
            ) from None
        try:
            with _without_progress():
                self._model = library.SentenceTransformer(name, truncate_dim=dimensions, device="cpu")
        except (OSError, ValueError) as error:
            raise Unavailable(f"the model `{name}` can't be loaded: {error}", hint="give a folder") from error
        self.name = f"sentence-transformers/{name}"
        self.dimensions = dimensions
        self.version = _checksum(self._model)
        most = self._model[0].get_embedding_dimension()
        if dimensions > most:
            raise Invalid(f"`{name}` gives {most} numbers, not {dimensions}", hint=f"FLOAT[{most}] or fewer")

    def embed(self, texts: Sequence[str]) -> Vectors:
        found = self._model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
        return unit(np.asarray(found, np.float32))


@contextmanager
def _without_progress() -> Iterator[None]:
    """Loading takes a moment, and is not what was asked for."""
    logging: Any = import_module("transformers.utils.logging")
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _checksum(model: Any) -> str:
    digest = xxhash.xxh3_64()
    for name, weights in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weights.cpu().numpy().tobytes())
    return digest.hexdigest()[:12]
