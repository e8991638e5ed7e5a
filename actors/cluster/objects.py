"""Durable objects on hosts elsewhere: calls find their slot's owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from ...core.errors import Invalid
from ...core.ids import Entropy
from ...core.objects import (
    ObjectCall,
    ObjectFacts,
    ObjectId,
    ObjectPolicy,
    ObjectReply,
    class_ref,
    named_id,
    random_id,
)
from ...core.placement import Unit
from ..objects.base import DurableObject, find_class
from ..objects.stub import Stub
from .classes import by_value
from .client import ClusterClient
from .host import slot_unit
from .options import ClusterOptions

_ASKED_AT_A_TIME = 8


class KeepsClasses(Protocol):
    """Where objects' classes lie for hosts that can't import them."""

    def keep_class(self, ref: str, pickled: bytes) -> None: ...


class ClusterDispatch:
    """Implements `core.objects.Dispatch`: every call has a name, so that a call sent twice happens once."""

    def __init__(
        self, client: ClusterClient, options: ClusterOptions, entropy: Entropy, classes: KeepsClasses
    ) -> None:
        self._client = client
        self._options = options
        self._entropy = entropy
        self.classes = classes
        self._known: set[str] = set()

    def call(self, message: ObjectCall) -> ObjectReply:
        if message.operation is None:
            message = replace(message, operation=self._entropy(16).hex())
        return self._client.call_object(self.unit(message.id), message)

    def offer(self, kind: type) -> None:
        """Keeps the class where hosts find it that can't import it."""
        ref = class_ref(kind)
        if ref not in self._known:
            self.classes.keep_class(ref, by_value(kind))
            self._known.add(ref)

    def unit(self, identity: ObjectId) -> Unit:
        return self.unit_of(identity.slot)

    def unit_of(self, slot: int) -> Unit:
        return slot_unit(slot, self._options)


class ClusterObjects:
    """Implements `core.protocols.Objects`."""

    def __init__(
        self,
        dispatch: ClusterDispatch,
        client: ClusterClient,
        options: ClusterOptions,
        policy: ObjectPolicy,
        entropy: Entropy,
    ) -> None:
        self._dispatch = dispatch
        self._client = client
        self._options = options
        self._policy = policy
        self._entropy = entropy

    def stub(self, kind: type, name: str | None = None) -> Stub:
        if not (isinstance(kind, type) and issubclass(kind, DurableObject)) or kind is DurableObject:
            raise Invalid(f"not a durable object's class: {kind!r}", hint="derive it from DurableObject")
        ref = class_ref(kind)
        return self.reach(random_id(ref, self._entropy) if name is None else named_id(ref, name))

    def reach(self, identity: ObjectId) -> Stub:
        kind = find_class(identity.class_ref)
        self._dispatch.offer(kind)
        return Stub(kind, identity, self._dispatch, message_bytes=self._policy.message_bytes)

    def __iter__(self) -> Iterator[ObjectFacts]:
        return iter(self.list())

    def list(self, kind: type | None = None) -> Sequence[ObjectFacts]:
        ref = None if kind is None else class_ref(kind)

        def listing(slot: int) -> list[ObjectFacts]:
            facts: list[ObjectFacts] = self._client.at(self._dispatch.unit_of(slot), slot, "listing", slot)
            return facts

        with ThreadPoolExecutor(_ASKED_AT_A_TIME, thread_name_prefix="thermocline-listing") as asking:
            slots = self._client.keeper("object_slots")
            found = [facts for listed in asking.map(listing, slots) for facts in listed]
        return [facts for facts in found if ref is None or facts.id.class_ref == ref]

    def inspect(self, which: Any) -> ObjectFacts:
        facts: ObjectFacts = self._at(which, "facts")
        return facts

    def export(self, which: Any, path: str | Path, bookmark: str | None = None) -> Path:
        self.inspect(which)
        file = Path(path)
        if file.exists():
            raise Invalid(f"{file} exists", hint="name a new file")
        file.write_bytes(self._at(which, "export", bookmark))
        return file

    def delete(self, which: Any) -> None:
        self.inspect(which)
        self._at(which, "delete")

    def _at(self, which: Any, method: str, *args: Any) -> Any:
        identity = which.id if isinstance(which, Stub) else which
        if not isinstance(identity, ObjectId):
            raise Invalid(f"neither a stub nor an ObjectId: {which!r}", hint="lake.object(Cart, name)")
        return self._client.at(self._dispatch.unit(identity), identity.slot, method, identity, *args)
