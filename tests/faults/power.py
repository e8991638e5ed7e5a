from pathlib import Path


class Disk:
    def __init__(self, shadow: Path, *, die_after: int = 0) -> None: ...


def lose_power(*a): ...
