"""A damaged or missing file is `Corrupt` by its name, or changes nothing at all; never another answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from thermocline.core.manifest import decode_files, decode_manifest

from .damage import Damage, SmallLake, build, cut, flipped, flips, removed

FLIPS = 200
CHUNKS = 8
SEED = 1


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallLake:
    return build(tmp_path_factory.mktemp("damage"))


@pytest.mark.long
@pytest.mark.parametrize(
    "damage", [removed, cut(0), cut(0.5), cut(1)], ids=["removed", "emptied", "halved", "a byte short"]
)
def test_every_file(damage: Damage, small: SmallLake) -> None:
    for name in small.files():
        _check(small, name, damage)


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_flipped_bits(chunk: int, small: SmallLake) -> None:
    names = small.files()
    sizes = {name: (small.sound / name).stat().st_size for name in names}
    assert len(names) <= FLIPS, "every file is to be hit"
    for name, bit in list(flips(names, sizes, FLIPS, SEED))[chunk::CHUNKS]:
        _check(small, name, flipped(bit))


def _check(small: SmallLake, name: str, damage: Damage) -> None:
    outcome = small.outcome(name, damage)
    if outcome == "same":
        assert _may_go_unnoticed(small, name, damage), f"the damage to {name} went unnoticed"
    else:
        assert Path(name).name in outcome, f"damage to {name} was reported as: {outcome}"


def _may_go_unnoticed(small: SmallLake, name: str, damage: Damage) -> bool:
    """Where there is nothing to notice, and why."""
    if name == "lock":
        return True  # it says which process has the lake, for a message; the lock itself is the system's
    if name.endswith(".seal") and damage is removed:
        return True  # as after a kill: the other file is as good as it was
    key = name.removeprefix("objects/")
    if "/manifest/" in key and damage is removed and key not in _in_force(small):
        return True  # as after an expire: `AS OF version:N` is `NotFound`, and nothing else reads it
    # What only superseded manifests and snapshots name: other programs may read it, no query of ours does.
    return "/cold/" in key and key not in _in_force(small)


def _in_force(small: SmallLake) -> set[str]:
    """The keys of all files that the present state consists of."""
    keys: set[str] = set()
    objects = small.sound / "objects"
    for folder in objects.glob("tables/*/*/manifest"):
        newest = max(folder.iterdir())
        manifest = decode_manifest(newest.read_bytes(), newest.name)
        keys.add(newest.relative_to(objects).as_posix())
        keys |= {ref.key for ref in manifest.files()}
        if manifest.cold is not None:
            listed = (objects / manifest.cold.file_list.key).read_bytes()
            keys |= {file.key for file in decode_files(listed, "")}
            keys |= {ref.key for ref in manifest.cold.metadata}
    return keys
