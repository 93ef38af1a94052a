"""What workers hold: they always have what they need, and never much more than allowed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.mesh import Material, Texture, TriangleMesh, box_mesh
from spatialenv.renderers.blender import shipping
from spatialenv.renderers.blender.packing import mesh_key, pack_mesh
from spatialenv.renderers.blender.shipping import Held, held_by, ship

TEXTURES = [Texture(np.full((4, 4, 3), shade, np.uint8)) for shade in (10, 20)]
LOOKS = [Material((200.0, 200.0, 200.0), texture) for texture in (None, *TEXTURES)]
MESHES: list[TriangleMesh] = [box_mesh((1, 1, 1 + k), LOOKS[k % 3]) for k in range(9)]


class Other:
    """The other side, as little of it as can be."""

    def __init__(self) -> None:
        self.textures: set[str] = set()
        self.meshes: dict[str, set[str]] = {}

    def take(self, header: dict[str, Any]) -> None:
        for image in header["images"]:
            assert image["key"] not in self.textures
            self.textures.add(image["key"])
        for mesh in header["meshes"]:
            assert mesh["key"] not in self.meshes
            self.meshes[mesh["key"]] = {look["texture"] for look in mesh["materials"]} - {None}
        for key in header["forget"]:
            if key in self.meshes:
                del self.meshes[key]
            else:
                self.textures.remove(key)


@given(st.lists(st.sets(st.integers(0, 8), min_size=1, max_size=5), max_size=12), st.integers(1, 6))
def test_it_has_what_it_needs_and_little_more(requests: list[set[int]], most: int) -> None:
    held, other = Held(OrderedDict(), {}), Other()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shipping, "MAX_MESHES", most)
        for request in requests:
            needed = [MESHES[k] for k in sorted(request)]
            other.take(ship(held, needed).header)
            assert {mesh_key(mesh) for mesh in needed} <= set(other.meshes)
            assert len(other.meshes) <= max(most, len(needed))
            assert set().union(*other.meshes.values()) == other.textures
            assert (set(held.meshes), set(held.textures)) == (set(other.meshes), other.textures)


def test_what_was_used_last_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "MAX_MESHES", 2)
    held = Held(OrderedDict(), {})
    for k in (0, 3, 0):
        ship(held, [MESHES[k]])
    assert ship(held, [MESHES[6]]).header["forget"] == [mesh_key(MESHES[3])]


def test_bytes_count(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(OrderedDict(), {})
    ship(held, [MESHES[1]])
    assert held.size == pack_mesh(MESHES[1]).size + 4 * 4 * 3
    monkeypatch.setattr(shipping, "MAX_BYTES", held.size)
    forget = ship(held, [MESHES[0]]).header["forget"]
    assert forget[0] == mesh_key(MESHES[1])
    assert len(forget) == 2  # and its texture


def test_equal_meshes_are_sent_once() -> None:
    parcel = ship(Held(OrderedDict(), {}), [MESHES[0], replace(MESHES[0]), MESHES[0]])
    assert len(parcel.header["meshes"]) == 1
    assert len(parcel.blobs) == 4


def test_a_worker_remembers() -> None:
    notes: dict[str, Any] = {}
    ship(held_by(notes), MESHES[:2])
    assert list(held_by(notes).meshes) == [mesh_key(mesh) for mesh in MESHES[:2]]
