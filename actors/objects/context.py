"""`self.ctx`: who the object is, and what it may reach."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ...core.clock import Clock
from ...core.errors import Unavailable
from ...core.objects import ObjectId
from .turn import current_turn

T = TypeVar("T")


class BlockFailed(Exception):
    """What ran in `block_concurrency_while` failed: the object's attributes are not to be trusted."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


@dataclass(frozen=True, slots=True)
class ObjectContext:
    """`lake`: the one that the object lives in. `clock`: an aware UTC datetime, the lake's own."""

    id: ObjectId
    lake: Any
    clock: Clock
    block_s: float

    def database(self, name: str) -> Any:
        """A tenant's tables."""
        return self.lake.database(name)

    def object(self, kind: type, name: str | None = None) -> Any:
        """A stub of another object."""
        return self.lake.object(kind, name)

    @property
    def operation(self) -> str | None:
        """The name of the call under way, if its caller gave one."""
        turn = current_turn()
        return turn.operation if turn else None

    def block_concurrency_while(self, work: Callable[[], T]) -> T:
        """Nothing is delivered while `work` runs, as in every turn; if it raises, or takes more than 30 s,
        the object starts anew."""
        started = time.monotonic()
        try:
            result = work()
        except Exception as error:
            raise BlockFailed(error) from error
        if time.monotonic() - started > self.block_s:
            late = Unavailable(
                f"{self.id} was blocked for more than {self.block_s:g} s", hint="block for less"
            )
            raise BlockFailed(late)
        return result
