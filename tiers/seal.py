"""A closed SQLite file is sealed: size and checksum beside it, in `<file>.seal`.

SQLite does not notice a flipped bit in a row. While the file is open its rows are covered by the checksums of
their commits; once it is closed, the whole file is. Opening breaks the seal; a file whose process was killed
has none.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from ..core.errors import Corrupt
from ..core.ids import checksum
from ..core.manifest import seal, unseal

# Who finds a seal gone may write: it must also be gone from the disk.
_breaking = threading.Lock()


def seal_file(path: Path) -> None:
    """Seals a closed file. Only a file without a write-ahead log is closed."""
    if not path.exists() or Path(f"{path}-wal").exists():
        return
    data = path.read_bytes()
    written = seal({"bytes": len(data), "checksum": checksum(data)})
    part = Path(f"{path}.seal.part")
    with open(part, "wb") as file:
        file.write(written)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, _seal_of(path))
    _sync_folder(path.parent)


def check_seal(path: Path) -> None:
    """Raises `Corrupt` if the file is sealed and not what it was."""
    mark = _seal_of(path)
    try:
        sealed = unseal(mark.read_bytes(), str(mark))
    except FileNotFoundError:
        return
    if not path.exists():
        raise Corrupt(f"missing file: {path}", hint="restore it from a backup")
    data = path.read_bytes()
    if len(data) != sealed["bytes"] or checksum(data) != sealed["checksum"]:
        if not mark.exists():  # a writer has opened the file meanwhile
            return
        raise Corrupt(
            f"damaged file: {path} changed while it was closed",
            hint=f"restore it from a backup; if another program wrote to it on purpose, remove {mark.name}",
        )


def check_and_break_seal(path: Path, *, restorable: bool) -> None:
    """Before a file is opened to be written. `restorable`: its log is in the object store, so that a file
    that was damaged or taken away while it was closed is restored from there. Raises `Corrupt` otherwise."""
    try:
        check_seal(path)
    except Corrupt:
        if not restorable:
            raise
        path.unlink(missing_ok=True)
    break_seal(path)


def break_seal(path: Path) -> None:
    """The file is about to change. After a power loss the seal must not be back beside a changed file.
    Shards that open at the same time may break the seal of their catalog together."""
    with _breaking:
        if _seal_of(path).exists():
            _seal_of(path).unlink()
            _sync_folder(path.parent)


def _seal_of(path: Path) -> Path:
    return Path(f"{path}.seal")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
