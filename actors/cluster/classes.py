"""Durable objects' classes on their way to hosts that can't import them: kept in the object store, whole."""

from __future__ import annotations

import sys
from typing import Any

from ray import cloudpickle

from ...core.errors import NotFound
from ...tiers.assignments import Assignments
from ..objects.base import find_class

pickling: Any = cloudpickle
"""Ships no type information."""


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
    try:
        return find_class(ref)
    except NotFound:
        data = classes.kept_class(ref)
        if data is None:
            raise
        kind: type = pickling.loads(data)
        return kind
