"""Ways to be wrong."""


def apply(name: str) -> None:
    raise NotImplementedError(name)
