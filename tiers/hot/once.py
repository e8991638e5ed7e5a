"""Operations with a name are done once: their outcome is kept in the same transaction as their effect.

    named "a", plain, named "a" again, named "b" of before  ->  fresh: "a", plain   kept: "b"

A caller that lost a reply sends the same name again, perhaps to the next owner, and gets the outcome of then.
Refusals are not kept: nothing was done, so it may be tried again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

import orjson

from ...core.results import Appended
from .together import Operation, Outcome

Outcomes: TypeAlias = Mapping[str, dict[str, Appended]]


@dataclass(frozen=True, slots=True)
class Named:
    name: str
    operation: Operation


class Once:
    """Sorts out one commit. `kept`: the outcomes of earlier commits, by name."""

    def __init__(self, operations: Sequence[Operation | Named], kept: Outcomes) -> None:
        self.fresh: list[Operation] = []
        self._kept = kept
        self._places: list[tuple[str | None, int]] = []  # name, index in `fresh`
        first: dict[str, int] = {}
        for operation in operations:
            if not isinstance(operation, Named):
                self._places.append((None, len(self.fresh)))
                self.fresh.append(operation)
            elif operation.name in kept or operation.name in first:
                self._places.append((operation.name, first.get(operation.name, -1)))
            else:
                first[operation.name] = len(self.fresh)
                self._places.append((operation.name, len(self.fresh)))
                self.fresh.append(operation.operation)

    def outcomes(self, admitted: Sequence[Outcome]) -> list[Outcome]:
        """One for each operation. `admitted`: what came of `fresh`."""
        return [
            self._kept[name] if name is not None and at < 0 else admitted[at] for name, at in self._places
        ]

    def done(self, admitted: Sequence[Outcome]) -> dict[str, dict[str, Appended]]:
        """The new outcomes to keep, by name."""
        return {
            name: outcome
            for name, at in self._places
            if name is not None and at >= 0 and not isinstance(outcome := admitted[at], Exception)
        }


def encode(outcome: Mapping[str, Appended]) -> bytes:
    return orjson.dumps({table: asdict(appended) for table, appended in outcome.items()})


def decode(data: bytes) -> dict[str, Appended]:
    return {table: Appended(**raw) for table, raw in orjson.loads(data).items()}
