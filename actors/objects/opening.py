"""The objects of an embedded lake: a host over `<lake>/objects-hot`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...core.clock import Clock
from ...core.ids import Entropy
from ...core.objects import ObjectPolicy
from ...tiers.object_store import ObjectStore
from ...tiers.objects.shard import ObjectSurroundings
from .caretaker import Caretaker
from .catalog import Objects
from .host import ObjectHost

FOLDER = "objects-hot"


def open_objects(
    lake: Any, folder: Path, store: ObjectStore, clock: Clock, entropy: Entropy, *, background: bool
) -> Objects:
    """`background`: idle objects leave memory and alarms are delivered by themselves."""
    host = ObjectHost(ObjectSurroundings(folder / FOLDER, store, clock, ObjectPolicy()), lake=lake)
    return Objects(host, entropy, Caretaker(host, background=background))
