"""What is wrong with a layout, by how much, and the move that mends it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from spatialenv.core.facing import TOLERANCE as FACING_TOLERANCE
from spatialenv.core.facing import FacingState, facing_states
from spatialenv.core.layout import Layout
from spatialenv.core.numeric import as_number
from spatialenv.core.openings import blocked_volumes, opening_zones, zone_arrays
from spatialenv.core.placed import BoolArray, FloatArray, PlacedScene, scene_arrays
from spatialenv.core.relations import TOLERANCE as RELATION_TOLERANCE
from spatialenv.core.relations import RelationState, region_arrays, relation_states, relations_met
from spatialenv.core.scene import ARRANGEMENTS, spoken_preposition
from spatialenv.core.staying import TOLERANCE as STAY_TOLERANCE
from spatialenv.core.staying import TURN_TOLERANCE, StayState, stay_states
from spatialenv.core.support import SupportState, lies_flat, stands_on_floor, support_scores, support_states
from spatialenv.errors import InputError

SoundnessKind = Literal[
    "missing", "collision", "out_of_room", "unsupported", "relation", "facing", "moved", "blocked_opening"
]
UseKind = Literal["unstable", "unreachable", "inaccessible", "cramped", "misaligned", "unbalanced"]
ViolationKind = SoundnessKind | UseKind

KINDS: tuple[SoundnessKind, ...] = get_args(SoundnessKind)
"""Kinds that `find_violations` reports, in the order in which one object's are listed."""

USE_KINDS: tuple[UseKind, ...] = get_args(UseKind)
"""Kinds that only the rewards of the same concern report (`spatialenv.rewards.base.violations_of`)."""

Move = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong.

    Attributes:
        kind: One of `KINDS` or `USE_KINDS`.
        objects: Ids; the first is the one that `move` moves.
        amount: How much, in `unit`.
        unit: ``"m3"``, ``"m2"``, ``"m"``, ``"deg"`` or ``""``.
        move: Signed ``(dx, dy, dz)`` in metres by which moving the first object mends it, or None
            when no move does.
        text: One short clause for people and for the model, without the move:
            ``"sofa_1 overlaps desk_1 by 0.32 m3"``.
        turn: Signed turn in radians, counter-clockwise, by which turning the first object mends it, or None.
    """

    kind: ViolationKind
    objects: tuple[str, ...]
    amount: float
    unit: str
    move: tuple[float, float, float] | None = None
    text: str = ""
    turn: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return a plain dict of JSON types; ``turn``, where there is one, in degrees; None for an infinite amount."""
        record: dict[str, Any] = {
            "kind": self.kind,
            "objects": list(self.objects),
            "amount": self.amount if math.isfinite(self.amount) else None,
            "unit": self.unit,
            "move": None if self.move is None else list(self.move),
            "text": self.text,
        }
        if self.turn is not None:
            record["turn"] = math.degrees(self.turn)
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Violation:
        """Return the violation that `to_dict` told, as a record of an episode holds it.

        Raises:
            InputError: If it is no such record.

        Example:
            >>> told = Violation("facing", ("desk_1",), 90.0, "deg", turn=math.pi / 2).to_dict()
            >>> Violation.from_dict(told).turn == math.pi / 2
            True
        """
        kind, unit, told = record.get("kind"), record.get("unit", ""), record.get("objects")
        objects = tuple(told) if isinstance(told, (list, tuple)) else (None,)
        amount, text = record.get("amount", ""), record.get("text") or ""
        move = _told_move(record.get("move"))
        turn = None if record.get("turn") is None else as_number(record["turn"])
        is_told = all(isinstance(word, str) for word in (kind, unit, text, *objects))
        numbers = (0.0 if amount is None else as_number(amount), *(move or ()), turn or 0.0)
        if not is_told or not all(map(math.isfinite, numbers)):
            raise InputError(
                f"a violation is told as {_shortened(record)}; it must have `kind`, `objects` and `amount` "
                "as Violation.to_dict gives them"
            )
        return cls(
            kind=kind,  # type: ignore[arg-type]  # kinds of other versions are told by their text
            objects=objects,
            amount=math.inf if amount is None else amount,
            unit=unit,
            move=move,
            text=text,
            turn=None if turn is None else math.radians(turn),
        )


def _told_move(move: object) -> Move | None:
    """Return a move as a record tells it; NaN for what is none, None where a number was not finite when written."""
    if move is None:
        return None
    if not isinstance(move, (list, tuple)) or len(move) != 3:
        return (math.nan, math.nan, math.nan)
    if None in move:
        return None
    return (as_number(move[0]), as_number(move[1]), as_number(move[2]))


def _shortened(value: object) -> str:
    written = repr(value)
    return written if len(written) <= 80 else f"{written[:77]}..."


@dataclass(frozen=True, slots=True)
class LayoutStatus:
    """How sound a layout is.

    Attributes:
        well_formed: Every id exactly once, every number finite.
        valid: Well-formed, no pair of objects shares more than 1e-6 m3 (rugs that lie flat are exempt) and
            none has more than 1e-6 m3 outside the room.
        clean: Valid, everything supported, every relation met, every object whose yaw the layout states facing what
            it should, every fixed object at its place.
        collides: Some pair of the placed objects collides.
        out_of_room: Some placed object reaches outside the room.
    """

    well_formed: bool
    valid: bool
    clean: bool
    collides: bool
    out_of_room: bool

    def to_dict(self) -> dict[str, bool]:
        """Return a plain dict."""
        return asdict(self)


def layout_status(placed: PlacedScene, is_complete: bool) -> LayoutStatus:
    """Return how sound a layout is.

    Args:
        placed: The scene with the layout.
        is_complete: Whether the answer named every id exactly once with finite numbers
            (`ParsedAnswer.is_complete`).
    """
    from spatialenv.core.kernels import VOLUME_TOLERANCE

    collides = bool((_shared_volumes(placed) > VOLUME_TOLERANCE).any())
    out_of_room = bool((_outside_volumes(placed) > VOLUME_TOLERANCE).any())
    well_formed = is_complete and placed.is_complete
    valid = well_formed and not collides and not out_of_room
    clean = valid and bool((support_scores(placed) == 1.0).all()) and bool(relations_met(placed).all())
    clean = clean and all(state.is_kept for state in stay_states(placed))
    clean = clean and all(state.is_met for state in facing_states(placed))
    return LayoutStatus(well_formed, valid, clean, collides, out_of_room)


def find_violations(placed: PlacedScene) -> tuple[Violation, ...]:
    """Return everything that is wrong with a layout.

    A collision's first object is the one that `mending_moves` moves. Moves of collisions, and of everything else
    about an object that collides or leaves the room, are those of `mending_moves`, so that they can be made
    together; an object with no such trouble is moved to what supports it, to meet its relation, or out of the
    way of a door or window (these, too, can be made together). A fixed object only ever goes back to its place:
    at its place it has no move.

    Returns:
        Sorted by the first object in the scene's order, then by kind as in `KINDS`.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import Scene, SceneObject
        >>> boxes = tuple(SceneObject(id=f"box_{i}", category="box", size=(1, 1, 1)) for i in (1, 2))
        >>> placed = Scene(Room.rectangle(4, 3, 2.5), boxes).place({"box_1": (1, 1, 0.5), "box_2": (1.75, 1, 0.5)})
        >>> wrong = find_violations(placed)[0]
        >>> wrong.text, wrong.move
        ('box_2 overlaps box_1 by 0.25 m3', (0.25, 0.0, 0.0))
    """
    from spatialenv.core.kernels import VOLUME_TOLERANCE

    ids, moves = placed.ids, mending_moves(placed)
    present, fixed = set(ids), frozenset(placed.scene.fixed)
    found = [
        Violation("missing", (object_id,), 1.0, "", None, f"{object_id} is not placed")
        for object_id in placed.scene.ids
        if object_id not in present
    ]
    shared = _shared_volumes(placed)
    for i, j in np.argwhere(shared > VOLUME_TOLERANCE).tolist():
        if i > j:
            continue
        first, second = (ids[i], ids[j]) if _goes_first(ids[i], ids[j], moves, fixed) else (ids[j], ids[i])
        amount = float(shared[i, j])
        text = f"{first} overlaps {second} by {_amount(amount)} m3"
        found.append(Violation("collision", (first, second), amount, "m3", moves.get(first), text))
    outside = _outside_volumes(placed)
    for i in np.flatnonzero(outside > VOLUME_TOLERANCE).tolist():
        amount = float(outside[i])
        text = f"{ids[i]} has {_amount(amount)} m3 outside the room"
        found.append(Violation("out_of_room", (ids[i],), amount, "m3", moves.get(ids[i]), text))
    for object_id, support in zip(ids, support_states(placed), strict=True):
        if not support.is_supported:
            move = moves.get(object_id, None if object_id in fixed else support.move)
            found.append(_unsupported(object_id, support, move, placed.room.walls))
    for state in relation_states(placed):
        subject = state.relation.subject
        if not state.is_met and subject in present:
            found.append(_unmet(state, moves.get(subject, None if subject in fixed else state.move)))
    stays = {state.object_id: state for state in stay_states(placed) if not state.is_kept}
    found += [
        _not_facing(state, None if state.object_id in fixed else state.turn)
        for state in facing_states(placed)
        if not state.is_met and state.turn is not None
    ]
    found += [_moved(state) for state in stays.values()]
    found += _blocked(placed, moves, fixed)
    rank = {object_id: i for i, object_id in enumerate(placed.scene.ids)}
    # `found` is in the order of the kinds already, and sorting keeps it for each object.
    return tuple(sorted(found, key=lambda wrong: rank[wrong.objects[0]]))


def mending_moves(placed: PlacedScene) -> dict[str, Move]:
    """Return moves that, made together, free a layout from collisions and bring it into the room.

    First, in the scene's order, each object that is inside the room, at its height and free of those settled before
    it is settled where it stands. Then, in the same order, each other one goes to its nearest place that is
    inside the room and free of all settled ones, if there is one in no zone of a door or window, and is settled
    there: least ``|dx| + |dy| + |dz|``, then the fewest axes moved, then the most western, southern and lowest.
    Places tried keep a coordinate or are flush with a wall or a settled box (its bounding rectangle where it is
    turned by no quarter). Objects keep their height, but those that stand on the floor are put onto it, and
    others may also go on top of or under a settled box. So an object that is where it may be is never moved for
    one that is not, each object that moves is the first of some violation, and moves are exact where
    coordinates and sizes are. Fixed objects come before all others: one that has moved goes back to its place,
    and none goes anywhere else.

    In a room whose floor is no rectangle, the places tried are all those where the object, as it is turned, touches
    two of the walls, inner corners and settled boxes, or touches one of them and keeps a coordinate. From there it
    goes on by less than half a millimetre to a place at whole steps of 0.1 mm, where one is free: a move told with
    four decimals then leaves nothing in a slanted wall.

    Returns:
        Signed ``(dx, dy, dz)`` in metres by id, in the scene's order. Objects that stay, and those for which
        there is no free place, are left out.
    """
    from spatialenv.core import mending_kernels

    if not placed.ids:
        return {}
    centers, yaws, is_fixed, is_back = _fixed(placed)
    settled, fate = mending_kernels.mend(
        centers,
        placed.sizes,
        yaws,
        stands_on_floor(placed),
        lies_flat(placed),
        is_fixed,
        *_room(placed),
        *zone_arrays(placed.scene),
    )
    fate[is_back] = 1
    if not fate.any():
        return {}
    offsets = (settled - placed.centers).tolist()
    return {
        object_id: (dx, dy, dz)
        for object_id, (dx, dy, dz), code in zip(placed.ids, offsets, fate.tolist(), strict=True)
        if code == 1
    }


def freeing_move(placed: PlacedScene, row: int) -> tuple[float, float, float] | None:
    """Return the shortest move along the floor after which the object of that row blocks no opening.

    The nearest place by ``|dx| + |dy|`` that is inside the room, free of other objects, and leaves met what relations
    of the object are met now; else one that breaks relations; else one that collides.

    Returns:
        Signed ``(dx, dy, 0)`` in metres, or None when no such place is inside the room.
    """
    from spatialenv.core import mending_kernels

    relations = placed.objects[row].relations
    known, zones, regions = scene_arrays(placed.scene), zone_arrays(placed.scene), region_arrays(placed, relations)
    dx, dy, is_found = mending_kernels.free_place(
        row,
        placed.centers,
        placed.sizes,
        placed.yaws,
        lies_flat(placed),
        zones.centers,
        zones.sizes,
        zones.yaws,
        known.room,
        np.array(placed.room.floor),
        known.floor is None,
        regions.lows,
        regions.highs,
        regions.counts,
        regions.frames,
    )
    return (dx + 0.0, dy + 0.0, 0.0) if is_found else None


def _fixed(placed: PlacedScene) -> tuple[FloatArray, FloatArray, BoolArray, BoolArray]:
    """Return centres and yaws with fixed objects back at their places, which are fixed, and which go back."""
    fixed = np.zeros((2, len(placed.ids)), dtype=np.bool_)
    if not placed.scene.fixed:
        return placed.centers, placed.yaws, fixed[0], fixed[1]
    centers, yaws = placed.centers.copy(), placed.yaws.copy()
    for state in stay_states(placed):
        row = placed.ids.index(state.object_id)
        fixed[0, row] = True
        if not state.is_kept:
            yaws[row] += state.turn
            if state.distance > STAY_TOLERANCE:
                centers[row] += state.move
                fixed[1, row] = True
    return centers, yaws, fixed[0], fixed[1]


def _room(placed: PlacedScene) -> tuple[FloatArray, FloatArray]:
    """Return ``(length, width, height)`` and the floor's corners ``(c, 2)``, none for a rectangle."""
    known = scene_arrays(placed.scene)
    return known.room, np.zeros((0, 2)) if known.floor is None else known.floor


def _batch(placed: PlacedScene) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    present = np.ones((1, len(placed.ids)), dtype=np.bool_)
    return placed.centers[None], placed.sizes[None], placed.yaws[None], present


def _shared_volumes(placed: PlacedScene) -> FloatArray:
    """Return the volumes that pairs share, 0 for rugs that lie flat, shape ``(m, m)``."""
    from spatialenv.core import kernels

    centers, sizes, yaws, present = _batch(placed)
    shared: FloatArray = kernels.overlaps(centers, sizes, yaws, present & ~lies_flat(placed), True)[0]
    return shared


def _outside_volumes(placed: PlacedScene) -> FloatArray:
    """Return the volume of each object outside the room, shape ``(m,)``."""
    from spatialenv.core import kernels

    room, floor = _room(placed)
    inside = kernels.inside_volumes(*_batch(placed), room[None], floor[None], np.array([len(floor)]))
    outside: FloatArray = placed.sizes.prod(axis=1) - inside[0]
    return outside


def _unsupported(object_id: str, support: SupportState, move: Move | None, walls: tuple[str, ...]) -> Violation:
    surface = support.surface if support.surface not in ("floor", "ceiling") else f"the {support.surface}"
    if support.overhang > abs(support.gap):
        amount, clause = support.overhang, "has its centre {} m beyond the edge of {}"
    elif support.gap < 0:
        amount, clause = -support.gap, "sinks {} m into {}"
    elif surface == "the ceiling" or surface in walls:
        amount, clause = support.gap, "floats {} m away from {}"
    else:
        amount, clause = support.gap, "floats {} m above {}"
    text = f"{object_id} {clause.format(_amount(amount), surface)}"
    return Violation("unsupported", (object_id,), amount, "m", move, text)


def _unmet(state: RelationState, move: Move | None) -> Violation:
    relation = state.relation
    touches = relation.is_adjacent and relation.preposition not in ("on", "in the corner", *ARRANGEMENTS)
    beside = " (touching)" if touches else ""
    text = f"{relation.subject} is not {spoken_preposition(relation.preposition)} {relation.target}{beside}"
    degrees = math.degrees(state.angle)
    is_off = state.distance > RELATION_TOLERANCE or state.angle == 0.0
    is_turned = state.angle > FACING_TOLERANCE
    if math.isfinite(state.distance):
        parts = [f"{_amount(state.distance)} m"] if is_off else []
        parts += [f"{degrees:.0f} degrees"] if is_turned else []
        text += f" by {' and '.join(parts)}"
    objects = (relation.subject, relation.target)
    amount, unit = (state.distance, "m") if is_off else (degrees, "deg")
    if state.turn is not None and move is not None and not any(move):
        move = None  # the turn alone mends it
    return Violation("relation", objects, amount, unit, move, text, state.turn)


def _goes_first(one: str, other: str, moves: dict[str, Move], fixed: frozenset[str]) -> bool:
    """Whether the first of a colliding pair, in the scene's order, is the one to move; if in doubt the second is."""
    if (one in moves) != (other in moves):
        return one in moves
    return other in fixed and one not in fixed


def _not_facing(state: FacingState, turn: float | None) -> Violation:
    degrees = abs(math.degrees(state.turn or 0.0))
    text = f"{state.object_id} looks {degrees:.0f} degrees away from {state.target}"
    return Violation("facing", (state.object_id, state.target), degrees, "deg", None, text, turn)


def _moved(state: StayState) -> Violation:
    degrees = abs(math.degrees(state.turn))
    is_turned = abs(state.turn) > TURN_TOLERANCE
    turn = state.turn if is_turned else None
    if state.distance <= STAY_TOLERANCE:
        text = f"{state.object_id} is turned by {degrees:.0f} degrees from how it must stand"
        return Violation("moved", (state.object_id,), degrees, "deg", None, text, turn)
    text = f"{state.object_id} is {_amount(state.distance)} m from the place where it must stay"
    text += f" and turned by {degrees:.0f} degrees" if is_turned else ""
    return Violation("moved", (state.object_id,), state.distance, "m", state.move, text, turn)


def _blocked(placed: PlacedScene, moves: dict[str, Move], fixed: frozenset[str]) -> list[Violation]:
    from spatialenv.core.kernels import VOLUME_TOLERANCE

    if not placed.room.openings:
        return []
    volumes = blocked_volumes(placed)
    names = [zone.name for zone in opening_zones(placed.room)]
    blockers = np.flatnonzero((volumes > VOLUME_TOLERANCE).any(axis=1)).tolist()
    cleared = _after(placed, moves) if blockers else placed
    found = []
    for row in blockers:
        object_id = placed.ids[row]
        move = moves.get(object_id)
        if move is None and object_id not in fixed:
            move = freeing_move(cleared, row)
            cleared = cleared if move is None else _after(cleared, {object_id: move})
        for zone in np.flatnonzero(volumes[row] > VOLUME_TOLERANCE).tolist():
            amount = float(volumes[row, zone])
            text = f"{object_id} blocks {names[zone]} by {_amount(amount)} m3"
            found.append(Violation("blocked_opening", (object_id, names[zone]), amount, "m3", move, text))
    return found


def _after(placed: PlacedScene, moves: Mapping[str, Move]) -> PlacedScene:
    """Return the scene with objects moved."""
    poses = []
    for object_id, pose in placed.layout.poses:
        dx, dy, dz = moves.get(object_id, (0.0, 0.0, 0.0))
        poses.append((object_id, replace(pose, x=pose.x + dx, y=pose.y + dy, z=pose.z + dz)))
    return PlacedScene(placed.scene, Layout(tuple(poses)))


def _amount(value: float) -> str:
    """Return a number with two decimals, or one significant digit where that would say 0."""
    return f"{value:.2f}" if value >= 0.005 else f"{value:.1g}"
