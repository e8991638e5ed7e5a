"""What is asked of vectors: how near is near, and by which index they are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Vectors: TypeAlias = npt.NDArray[np.float32]
"""(rows, dimensions)"""
Vector: TypeAlias = npt.NDArray[np.float32]
Metric: TypeAlias = Literal["cosine", "inner", "l2"]
Kind: TypeAlias = Literal["exact", "prefix", "fastscan", "hnsw", "ivfpq", "clusters"]

EXACT_UP_TO = 10_000
"""Vectors that are compared one by one: an index of fewer gains nothing."""


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """How a vector column is searched. Kinds are per tier; see `tiers.vectors.index`.

    `prefix`: dimensions that an index looks at, `None` for as few as the vectors at hand allow. `rotated`:
    false for models whose vectors can be cut off after 64, 128, 256 or 512 dimensions as they are (MRL).
    `key`: the column whose newest row alone counts.
    """

    metric: Metric = "cosine"
    hot: Kind = "prefix"
    warm: Kind = "prefix"
    cold: Kind = "prefix"
    prefix: int | None = None
    rotated: bool = True
    key: str | None = None

    def built(self, tier: Literal["warm", "cold"]) -> str:
        """What an index of a data file depends on: it is made anew when this changes."""
        kind = self.warm if tier == "warm" else self.cold
        return f"{kind} {self.metric} {self.prefix or 'fitting'} {'rotated' if self.rotated else 'as it is'}"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> VectorIndex:
        return VectorIndex(**raw)


USUAL_INDEX = VectorIndex()


@dataclass(frozen=True, slots=True)
class Computed:
    """What a column of vectors is computed from. `text`: an expression of SQL over the columns of one row;
    where it is null, so is the vector. `model`, `version`: of the embedder. `past`: another column has taken
    its place, and no more of it is computed."""

    model: str
    version: str
    text: str
    past: bool = False

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> Computed:
        return Computed(**raw)


def unit(vectors: Vectors) -> Vectors:
    """Each row with length 1; a row of zeroes stays."""
    scale = lengths(vectors)[..., None]
    shorter: Vectors = np.divide(vectors, scale, out=np.zeros_like(vectors), where=scale > 0)
    return shorter


def distances(question: Vector, vectors: Vectors, metric: Metric) -> npt.NDArray[np.float32]:
    """Of each row, smaller being nearer, as SQL's functions have it; NaN where there is none.

    cosine: array_cosine_distance; inner: array_negative_inner_product; l2: array_distance.
    """
    if metric == "l2":
        return np.asarray(lengths(vectors - question), np.float32)
    products = vectors @ question
    if metric == "inner":
        return np.asarray(-products, np.float32)
    scale = lengths(vectors) * np.linalg.norm(question)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1 - products / scale, np.float32)


def lengths(vectors: Vectors) -> Vectors:
    """Of each row; `np.linalg.norm` would make a copy of them all."""
    found: Vectors = np.sqrt(np.vecdot(vectors, vectors))
    return found
