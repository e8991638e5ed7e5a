"""What a shard is given: nothing in it is made from thin air."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from ..core.clock import Clock
from ..core.errors import Unavailable
from ..core.ids import Entropy
from ..core.policy import TierPolicy
from ..core.schema import Field
from .cold.iceberg import IcebergCold
from .files import CheckedFiles
from .object_store import ObjectStore

Embed = Callable[[Field, pa.Table], pa.Array]
"""A computed column, rows with their columns -> the vector of each row, null where its text is. Raises
`Unavailable` if the model is."""


def nothing_embeds(column: Field, rows: pa.Table) -> pa.Array:  # noqa: ARG001 - as `Embed` has it
    raise Unavailable(f"`{column.name}` can't be computed here", hint="its lake has to be open for writing")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`store`: of the lake's files. `files`: reads them, checked."""

    store: ObjectStore
    files: CheckedFiles
    cold: IcebergCold
    clock: Clock
    entropy: Entropy
    policy: TierPolicy
    embed: Embed = nothing_embeds
