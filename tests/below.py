"""Below the public door: the shard of a database in this process, where tests look at positions and files."""

from __future__ import annotations

from thermocline.actors.database import LakeDatabase
from thermocline.actors.partition import LocalPartition
from thermocline.core.protocols import Database
from thermocline.core.sharding import HOME
from thermocline.tiers.shard import Shard


def shard_of(database: Database, name: str = HOME) -> Shard:
    assert isinstance(database, LakeDatabase)
    partition = database.shards.tenancy.partition(name)
    assert isinstance(partition, LocalPartition)
    return partition.shard
