"""The durable objects of a lake: stubs for callers, and the system table that lists them all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...core.errors import Invalid
from ...core.ids import Entropy
from ...core.objects import ObjectFacts, ObjectId, class_ref, named_id, random_id
from .base import DurableObject, find_class
from .caretaker import Caretaker
from .host import ObjectHost
from .stub import Stub


class Objects:
    """`for facts in lake.objects(): ...`; and `inspect`, `export`, `delete`, each of a stub or an id."""

    def __init__(self, host: ObjectHost, entropy: Entropy, caretaker: Caretaker) -> None:
        self.host = host
        self._entropy = entropy
        self._caretaker = caretaker

    def tick(self) -> int:
        """Does at once what is due now: alarms, idle objects, expired history; the alarms delivered."""
        return self._caretaker.tick()

    def stop(self) -> None:
        """No alarm is delivered any more; calls still are."""
        self._caretaker.close()

    def close(self) -> None:
        self._caretaker.close()
        self.host.close()

    def stub(self, kind: type, name: str | None = None) -> Any:
        """Raises `Invalid` for what is no durable object's class, or no name."""
        if not (isinstance(kind, type) and issubclass(kind, DurableObject)) or kind is DurableObject:
            raise Invalid(f"not a durable object's class: {kind!r}", hint="derive it from DurableObject")
        ref = class_ref(kind)
        return self.reach(random_id(ref, self._entropy) if name is None else named_id(ref, name))

    def reach(self, identity: ObjectId) -> Any:
        """A stub of the object of that identity. Raises `NotFound` if its class can't be found here."""
        kind = find_class(identity.class_ref)
        return Stub(kind, identity, self.host.dispatch, message_bytes=self.host.policy.message_bytes)

    def __iter__(self) -> Iterator[ObjectFacts]:
        return iter(self.list())

    def list(self, kind: type | None = None) -> list[ObjectFacts]:
        """Every object that has stored something, or those of a class."""
        ref = None if kind is None else class_ref(kind)
        found = [facts for slot in self.host.stored_slots() for facts in self.host.listing(slot)]
        return [facts for facts in found if ref is None or facts.id.class_ref == ref]

    def inspect(self, which: Stub | ObjectId) -> ObjectFacts:
        """Raises `NotFound` if it has stored nothing."""
        return self.host.facts(_id(which))

    def export(self, which: Stub | ObjectId, path: str | Path, bookmark: str | None = None) -> Path:
        """Writes the object's private storage as an ordinary SQLite file. Raises `NotFound`, `Invalid`."""
        self.inspect(which)
        file = Path(path)
        if file.exists():
            raise Invalid(f"{file} exists", hint="name a new file")
        file.write_bytes(self.host.export(_id(which), bookmark))
        return file

    def delete(self, which: Stub | ObjectId) -> None:
        """Removes the object, its history and its alarms for good. Raises `NotFound`."""
        self.inspect(which)
        self.host.delete(_id(which))


def _id(which: Stub | ObjectId) -> ObjectId:
    if isinstance(which, ObjectId):
        return which
    if isinstance(which, Stub):
        return which.id
    raise Invalid(f"neither a stub nor an ObjectId: {which!r}", hint="lake.object(Cart, name)")
