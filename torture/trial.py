"""What one trial was and what came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """`acknowledged`: operations. `problems`: broken promises, a line each; none is what everybody hopes."""

    seed: int
    fault: str
    acknowledged: int
    seconds: float
    problems: tuple[str, ...] = ()
