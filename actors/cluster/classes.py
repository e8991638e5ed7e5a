"""Durable objects' classes on their way to hosts that can't import them: kept in the object store, whole."""

from __future__ import annotations

import sys
import threading
from typing import Any

from ray import cloudpickle

from ...core.errors import NotFound
from ...tiers.assignments import Assignments
from ..objects.base import find_class, receive

pickling: Any = cloudpickle
"""Ships no type information."""


_learning = threading.Lock()
"""A class that is being unpickled is known by its name before it has its methods."""


def by_value(kind: type) -> bytes:
    """The class, pickled whole if a host may be unable to import its module."""
    module = sys.modules.get(kind.__module__)
    registered = module is not None and kind.__module__.partition(".")[0] not in ("thermocline", "__main__")
    if registered:
        pickling.register_pickle_by_value(module)
    try:
        return bytes(pickling.dumps(kind))
    finally:
        if registered:
            pickling.unregister_pickle_by_value(module)


def learn(classes: Assignments, ref: str) -> type:
    """The class, imported or as a client has sent it. Raises `NotFound`."""
    with _learning:
        try:
            return find_class(ref)
        except NotFound:
            data = classes.kept_class(ref)
            if data is None:
                raise
        try:
            return receive(lambda: pickling.loads(data))
        except ModuleNotFoundError as error:
            raise NotFound(
                f"hosts can't import `{error.name}`, which {ref} needs",
                hint="install it on the cluster's nodes, or keep what belongs together in one module",
            ) from None
