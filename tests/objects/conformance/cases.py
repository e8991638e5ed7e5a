"""Which cases there are: the test methods of the classes in `parts/`."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import parts
from .worlds import Conformance

IN_PROCESS_ONLY = "InProcess"


@dataclass(frozen=True, slots=True)
class Case:
    """`part`: the class that states it, whose module is its group. `on_ray`: whether it runs there too."""

    group: str
    part: str
    function: str
    on_ray: bool

    @property
    def name(self) -> str:
        return self.function.removeprefix("test_").replace("_", " ")

    @property
    def tested_as(self) -> str:
        """Both parts of a group run in one class."""
        return f"Test{self.part.removesuffix(IN_PROCESS_ONLY)}.{self.function}"


def groups() -> dict[str, str]:
    """What each group is about, by its name."""
    return {name: inspect.getdoc(_module(name)) or "" for name in _names()}


def part_classes() -> dict[str, list[type]]:
    """By group, the one that runs everywhere first."""
    found = {name: list(vars(_module(name)).values()) for name in _names()}
    return {
        name: [kind for kind in kinds if isinstance(kind, type) and _states_cases(kind, name)]
        for name, kinds in found.items()
    }


def cases() -> Iterator[Case]:
    for group, kinds in part_classes().items():
        for kind in kinds:
            on_ray = not kind.__name__.endswith(IN_PROCESS_ONLY)
            for function in vars(kind):
                if function.startswith("test_"):
                    yield Case(group, kind.__name__, function, on_ray)


def title(group: str) -> str:
    return re.sub("_", " ", group).capitalize()


def _names() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(parts.__path__)]


def _module(name: str) -> object:
    return importlib.import_module(f".{name}", parts.__name__)


def _states_cases(kind: type, name: str) -> bool:
    return issubclass(kind, Conformance) and kind.__module__ == f"{parts.__name__}.{name}"
