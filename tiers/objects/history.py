"""The past of one shard's objects: any state from the last image before it and the records after that.

Images of small objects are rows. Those of large ones are files, named for their content, so that two owners
can never take each other's; in a replicated shard they are in the object store as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ...core.errors import Corrupt, NotFound
from ...core.objects import Bookmark, ObjectId
from ..object_store import ObjectStore
from . import delta, large
from .delta import Change
from .records import ObjectRecords


def salt(identity: ObjectId, seq: int) -> bytes:
    """Where a record belongs."""
    return identity.digest + seq.to_bytes(8, "little")


class History:
    """`folder`: of large objects' files. `store`: where their images are kept too; `None` if the shard is not
    replicated. The shard's lock is held around every call."""

    def __init__(self, records: ObjectRecords, folder: Path, store: ObjectStore | None, days: float) -> None:
        self._records = records
        self._folder = folder
        self._store = store
        self._days = days

    # -- states -----------------------------------------------------------------------------------

    def bookmark_at(self, identity: ObjectId, number: int | None, micros: int) -> Bookmark:
        """The last turn at or before the instant. Raises `NotFound` before the kept history."""
        turn = self._records.turn_before(number, micros) if number is not None else None
        if turn is None:
            self._check_kept(identity, number, 0)
            return Bookmark(0, 0)
        return Bookmark(turn.seq, turn.epoch)

    def check(self, identity: ObjectId, number: int | None, bookmark: Bookmark) -> None:
        """Raises `NotFound` if the bookmark is not in the object's history."""
        turn = self._records.turn_at(number, bookmark.seq) if number is not None else None
        known = Bookmark(turn.seq, turn.epoch) if turn else Bookmark(0, 0)
        if bookmark.seq == 0 or known != bookmark:
            self._check_kept(identity, number, bookmark.seq)
        if known != bookmark:
            raise NotFound(f"no bookmark {bookmark} in {identity}", hint="bookmarks belong to one object")

    def state(self, identity: ObjectId, number: int, seq: int) -> bytes:
        """Raises `Corrupt` if it is not what was written."""
        start, whole = self._image(identity, number, seq)
        state = bytearray(whole.read_bytes() if isinstance(whole, Path) else whole)
        for size, changes in self.changes(identity, number, start, seq):
            delta.redo(state, size, changes)
        return bytes(state)

    def changes(
        self, identity: ObjectId, number: int, after: int, up_to: int
    ) -> Iterator[tuple[int, Sequence[Change]]]:
        """(size, changes) of each turn; raises `Corrupt` where one is missing or damaged."""
        expected = after
        for seq, record in self._records.records(number, after, up_to):
            expected += 1
            if seq != expected:
                raise self._records.damaged(f"turn {expected} of {identity} is missing")
            yield self._decode(record, identity, seq)
        if expected != up_to:
            raise self._records.damaged(f"turn {expected + 1} of {identity} is missing")

    def _check_kept(self, identity: ObjectId, number: int | None, seq: int) -> None:
        first = self._records.first_seq(number) if number is not None else None
        if first is not None and seq < first and not (seq == 0 and first == 1):
            hint = f"{self._days:g} days are kept"
            raise NotFound(f"the history of {identity} has expired there", hint=hint)

    def _decode(self, record: bytes, identity: ObjectId, seq: int) -> tuple[int, list[Change]]:
        try:
            return delta.decode(record, salt(identity, seq))
        except ValueError as error:
            raise self._records.damaged(f"turn {seq} of {identity}: {error}") from None

    def _image(self, identity: ObjectId, number: int, seq: int) -> tuple[int, bytes | Path]:
        """(seq, bytes or file) of the last image at or before; nothing as of 0 if there is none."""
        image = self._records.image_at(number, seq)
        if image is None:
            return 0, b""
        if image.file is not None:
            return image.seq, self._found(image.file)
        state = bytearray()
        delta.redo(state, *self._decode(image.record or b"", identity, image.seq))
        return image.seq, bytes(state)

    # -- files of large objects -------------------------------------------------------------------

    def own_file(self, identity: ObjectId) -> Path:
        """Where a large object lives."""
        return self._folder / f"{identity.hex}.sqlite"

    def opened(self, identity: ObjectId, number: int, base_seq: int, head: int) -> Path:
        """The object's own file, brought up to its last durable turn."""
        path = self.own_file(identity)
        if path.exists():
            large.redo_file(path, self.changes(identity, number, base_seq, head))
        else:
            self._build(path, identity, number, head)
        return path

    def restored(self, identity: ObjectId, number: int, seq: int) -> tuple[str, int]:
        """(name, bytes) of an image file of an earlier state.

        The object's own file goes: so a process that dies now leaves nothing behind that is half restored.
        """
        large.remove(self.own_file(identity))
        part = self._folder / f"{identity.hex}.restored"
        self._build(part, identity, number, seq)
        size = part.stat().st_size
        return self._named(identity, part), size

    def copied(self, identity: ObjectId, path: Path) -> str:
        """The name of an image file of the object's settled own file."""
        part = self._folder / f"{identity.hex}.copied"
        large.copy(path, part)
        return self._named(identity, part)

    def remove_files(self, names: Iterable[str]) -> None:
        for name in names:
            (self._folder / name).unlink(missing_ok=True)
            if self._store is not None:
                self._store.delete([self._key(name)])

    def forget_own_files(self) -> None:
        """Of a shard that may have been owned elsewhere since they were written."""
        for path in self._folder.glob("*.sqlite*"):
            path.unlink()

    def _build(self, path: Path, identity: ObjectId, number: int, seq: int) -> None:
        self._folder.mkdir(exist_ok=True)
        start, whole = self._image(identity, number, seq)
        large.build(path, whole, self.changes(identity, number, start, seq))

    def _named(self, identity: ObjectId, part: Path) -> str:
        """Keeps a file as an image, under the name that its content gives it."""
        name = f"{identity.hex}.{large.digest(part)}.image"
        if self._store is not None:
            self._store.put(self._key(name), part.read_bytes())
        large.rename(part, self._folder / name)
        return name

    def _found(self, name: str) -> Path:
        """The image file, checked, and fetched if it is not here."""
        path = self._folder / name
        if not path.exists():
            if self._store is None:
                raise Corrupt(f"missing file: {path}", hint="restore it from a backup")
            self._folder.mkdir(exist_ok=True)
            large.write(path, self._store.get(self._key(name)))
        if large.digest(path) != name.split(".")[1]:
            raise Corrupt(f"damaged file: {path}", hint="restore it from a backup")
        return path

    def _key(self, name: str) -> str:
        return f"object-images/{self._folder.name}/{name}"
