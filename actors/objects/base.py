"""What users derive their durable objects from.

class Cart(thermocline.DurableObject):
    def start(self):
        self.storage.exec("CREATE TABLE IF NOT EXISTS items (name TEXT)")

    def add(self, item):
        self.storage.exec("INSERT INTO items VALUES (?)", item)
        return self.storage.exec("SELECT count(*) FROM items").one()[0]

cart = lake.object(Cart, "cart-7")
cart.add("tea")
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar

from ...core.errors import Invalid, NotFound
from ...core.objects import AlarmInfo, class_ref, load_class

if TYPE_CHECKING:
    from .context import ObjectContext
    from .storage import Storage

P = ParamSpec("P")
R = TypeVar("R")

_MARK = "_thermocline_concurrent"


_classes: dict[str, type] = {}
"""Those of this process, also such as no import would find: in a test, in a notebook."""


class _Here(threading.local):
    arriving: list[type] | None = None


_here = _Here()


RESERVED = frozenset({"ctx", "storage", "start", "alarm", "alarm_failed"})


class DurableObject:
    """Public methods are called through stubs, one at a time; each is one transaction of `storage`.

    Attributes that a method sets live until the object leaves memory, which may be at any moment between
    two calls: what must last goes to `storage`.
    """

    ctx: ObjectContext
    storage: Storage
    _not_offered: ClassVar[frozenset[str]] = RESERVED
    """Names without an underscore that callers can't call."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if _here.arriving is not None:
            _here.arriving.append(cls)
        else:
            _classes[class_ref(cls)] = cls

    def start(self) -> None:
        """Called whenever the object comes into memory, before anything is delivered."""

    def alarm(self, name: str, info: AlarmInfo) -> None:
        """Called when an alarm is due; if it raises, it is called again later, up to six times."""

    def alarm_failed(self, name: str, error: str) -> None:
        """Called when an alarm was given up."""


def concurrent(method: Callable[P, R]) -> Callable[P, R]:
    """Marks a method that runs beside the others, without waiting for its turn: it reads and sets attributes
    with its own care, and does not use `storage`."""
    setattr(method, _MARK, True)
    return method


def is_concurrent(method: Any) -> bool:
    return getattr(method, _MARK, False) is True


def is_callable_name(kind: type, name: str) -> bool:
    """Whether the class offers a method of that name to callers."""
    reserved = getattr(kind, "_not_offered", RESERVED)
    return not name.startswith("_") and name not in reserved and callable(getattr(kind, name, None))


def callable_names(kind: type) -> list[str]:
    return [name for name in dir(kind) if is_callable_name(kind, name)]


def find_class(ref: str) -> type[DurableObject]:
    """Raises `NotFound` if this process has no such class, `Invalid` if it is no durable object's."""
    kind = _classes.get(ref) or load_class(ref)
    if not issubclass(kind, DurableObject):
        raise Invalid(
            f"{ref} is not a durable object's class", hint="derive it from thermocline.DurableObject"
        )
    return kind


def receive(load: Callable[[], type]) -> type:
    """A class that was sent to this process, now known here with those that came along.

    A class is made empty and filled later, and a second copy of one that has come before stays empty: none is
    known by its name until all are whole, and none takes the place of another.
    """
    arrived: list[type] = []
    _here.arriving = arrived
    try:
        kind = load()
    finally:
        _here.arriving = None
    for one in (kind, *arrived):
        _classes.setdefault(class_ref(one), one)
    return kind


def classes_of(names: Iterable[str]) -> list[type]:
    """The durable objects' classes of modules (`shop.carts`), or single ones (`shop.carts:Cart`).

    Raises `NotFound` if one can't be imported or has none.
    """
    found: dict[str, type] = {}
    for name in names:
        kinds = [load_class(name)] if ":" in name else _of_module(name)
        if not kinds:
            raise NotFound(f"no durable objects in {name}", hint="name a module that defines some")
        found |= {class_ref(kind): kind for kind in kinds}
    return list(found.values())


def _of_module(name: str) -> list[type]:
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise NotFound(f"no module {name}: {error}", hint="run where Python finds it") from error
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type)]
    return [kind for kind in kinds if issubclass(kind, DurableObject) and kind.__module__ == name]
