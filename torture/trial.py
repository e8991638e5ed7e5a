"""What one trial was and what came of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trial:
    """`fault`: one, or several joined by ` + `. `acknowledged`: operations. `problems`: broken promises, a
    line each; none is what everybody hopes."""

    seed: int
    fault: str
    acknowledged: int
    seconds: float
    problems: tuple[str, ...] = ()

    @property
    def faults(self) -> list[str]:
        return self.fault.split(" + ")
