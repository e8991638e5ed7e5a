"""What a shard is given: nothing in it is made from thin air."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.clock import Clock
from ..core.ids import Entropy
from ..core.policy import TierPolicy
from .cold.iceberg import IcebergCold
from .files import CheckedFiles
from .object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`store`: of the lake's files. `files`: reads them, checked."""

    store: ObjectStore
    files: CheckedFiles
    cold: IcebergCold
    clock: Clock
    entropy: Entropy
    policy: TierPolicy
