"""What every `Lakehouse` does, in process, over HTTP or elsewhere: the public shape, behaviour by behaviour.

A subclass gives the class-scoped fixture `lake`; see `parts/base.py`.
"""

from __future__ import annotations

from .parts.agents import Agents
from .parts.appending import Appending
from .parts.asking import Asking
from .parts.files import Files
from .parts.keys import TellingKeys
from .parts.modelling import Modelling
from .parts.objects import Objects
from .parts.once import Once
from .parts.querying import Querying
from .parts.spreading import Spreading
from .parts.sqlite_files import SqliteFiles
from .parts.streams import Streams
from .parts.tenants import Tenants
from .parts.tiers import Tiers
from .parts.time_travel import TimeTravel
from .parts.types import Types
from .parts.vectors import Vectors


class LakehouseContract(
    Appending,
    Once,
    Types,
    TellingKeys,
    SqliteFiles,
    Vectors,
    Streams,
    Querying,
    TimeTravel,
    Tiers,
    Files,
    Tenants,
    Spreading,
    Objects,
    Asking,
    Modelling,
    Agents,
):
    pass
