"""What an exact look finds."""

from __future__ import annotations

import numpy as np

from thermocline.core.vectors import Metric, Vector, Vectors, distances


def exactly(question: Vector, vectors: Vectors, metric: Metric, wanted: int = 10) -> list[int]:
    """The nearest rows, as a look at every one tells."""
    nearest: list[int] = np.argsort(distances(question, vectors, metric), kind="stable")[:wanted].tolist()
    return nearest
