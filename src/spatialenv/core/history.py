"""How a room came to look as it does: a scene, and each step that changed its layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from spatialenv.core.edits import Operation, parse_edits, write_edits
from spatialenv.core.episode import Episode
from spatialenv.core.layout import Layout
from spatialenv.core.parse import YawMode
from spatialenv.core.scene import Scene
from spatialenv.errors import InputError


@dataclass(frozen=True, slots=True)
class Step:
    """One change.

    Attributes:
        layout: Where the objects stand after it.
        edits: The text that was read as edits, or None where the layout was given whole.
        note: Words about it.
    """

    layout: Layout
    edits: str | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.layout, Layout):
            raise InputError(f"step `layout` is {self.layout!r}; give a Layout: Layout.of(...)")
        if not isinstance(self.edits, (str, type(None))) or not isinstance(self.note, str):
            raise InputError("step `edits` must be a text or None, and `note` a text")


@dataclass(frozen=True, slots=True, repr=False)
class History:
    """A scene and the steps that its layout went through; immutable, each change is a new history.

    Attributes:
        scene: The scene; what came before the first step is its start.
        steps: The steps in order, those that were undone last.
        position: How many of the steps stand; None: all of them.

    Raises:
        InputError: If `scene` is no `Scene`, a step no `Step`, or `position` is not one of them.
        SceneError: If a step places what the scene does not have.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> history = History(Scene(Room.rectangle(6, 4, 3), (SceneObject("sofa_1", "sofa", (1.8, 0.9, 0.8)),)))
        >>> history = history.apply([{"op": "place", "id": "sofa_1", "x": 3, "y": 2, "z": 0.4}])
        >>> history = history.apply([{"op": "move", "id": "sofa_1", "dy": -1}], note="closer to the wall")
        >>> history, history.layout["sofa_1"].y, history.undo().layout["sofa_1"].y
        (History(step 2 of 2, 1 of 1 objects placed), 1.0, 2.0)
        >>> history.undo().redo() == history
        True
    """

    scene: Scene
    steps: tuple[Step, ...] = ()
    position: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.scene, Scene):
            raise InputError(f"history `scene` is {self.scene!r:.80}; give a spatialenv.Scene")
        if not isinstance(self.steps, (list, tuple)):
            raise InputError(f"history `steps` is {self.steps!r:.80}; give Steps in a tuple")
        object.__setattr__(self, "steps", tuple(self.steps))
        for step in self.steps:
            if not isinstance(step, Step):
                raise InputError(f"history `steps` holds {step!r}; give Step(layout)")
            self.scene.place(step.layout)
        count = len(self.steps)
        position = count if self.position is None else self.position
        if isinstance(position, bool) or not isinstance(position, int) or not 0 <= position <= count:
            raise InputError(f"history `position` is {self.position!r}; it must be from 0 to {count}, its steps")
        object.__setattr__(self, "position", position)

    @classmethod
    def of(cls, episode: Episode) -> History:
        """Return the history of an episode: a step for each turn, unusable ones too, which change nothing."""
        return cls(episode.scene, _steps(episode))

    @property
    def layout(self) -> Layout:
        """Where the objects stand now."""
        return self.steps[self._at - 1].layout if self._at else self.scene.start or Layout()

    @property
    def can_undo(self) -> bool:
        """Whether a step stands."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step was undone."""
        return self._at < len(self.steps)

    def apply(self, edits: str | Sequence[Operation], note: str = "", yaw: YawMode = "free") -> History:
        """Return the history with one more step; steps that were undone are gone.

        Args:
            edits: Text as a model writes it, read leniently: what cannot be read or made changes nothing. Or
                operations (`spatialenv.core.edits.parse_edits`), which must all be right.
            note: Words to keep about it.
            yaw: ``"fixed"`` turns nothing.

        Raises:
            InputError: If one of the operations cannot be made, or `edits` is neither.
        """
        if isinstance(edits, str):
            text = edits
            parsed = parse_edits(text, self.scene, self.layout, yaw=yaw)
        else:
            text = _written(edits)
            parsed = parse_edits(text, self.scene, self.layout, mode="strict", yaw=yaw)
            if parsed.issues:
                raise InputError(f"the edits cannot be made: {parsed.issues[0].message}")
        layout = self.layout if parsed.layout is None else parsed.layout
        return self._with(Step(layout, text, note))

    def undo(self) -> History:
        """Return the history as it was before its last step, which `redo` brings back.

        Raises:
            InputError: If no step stands.
        """
        if not self.can_undo:
            raise InputError("there is nothing to undo: the history stands at its start")
        return replace(self, position=self._at - 1)

    def redo(self) -> History:
        """Return the history with the step that was undone latest.

        Raises:
            InputError: If none was undone.
        """
        if not self.can_redo:
            raise InputError("there is nothing to redo: no step was undone")
        return replace(self, position=self._at + 1)

    def extend(self, episode: Episode) -> History:
        """Return the history with a step for each turn of an episode that went on from it.

        Raises:
            InputError: If the episode's room or objects are others, or it began from another layout.
        """
        begun, here = episode.scene.start or Layout(), self.layout
        is_same = episode.scene.room == self.scene.room and episode.scene.objects == self.scene.objects
        if not is_same or dict(begun) != dict(here):
            raise InputError("the episode did not go on from this history: play `history.to_scene()`")
        return self._with(*_steps(episode))

    def to_scene(self, description: str | None = None, fixed: Sequence[str] | None = None) -> Scene:
        """Return the scene whose start is the layout as it stands now, to go on from.

        Args:
            description: The wish from here on; None keeps the scene's.
            fixed: Ids of objects that must stay where they are now; None keeps the scene's, as far as they stand.

        Returns:
            The scene; it keeps the witness only where that leaves all fixed objects where they are now.

        Raises:
            SceneError: If `fixed` names what does not stand.
        """
        start, scene = self.layout, self.scene
        held = tuple(name for name in scene.fixed if name in start) if fixed is None else tuple(fixed)
        agrees = scene.witness is not None and all(scene.witness.get(name) == start.get(name) for name in held)
        return replace(
            scene,
            description=scene.description if description is None else description,
            start=start if len(start) else None,
            fixed=held,
            witness=scene.witness if agrees else None,
        )

    def __repr__(self) -> str:
        placed = f"{len(self.layout)} of {len(self.scene.objects)} objects placed"
        return f"History(step {self._at} of {len(self.steps)}, {placed})"

    @property
    def _at(self) -> int:
        return len(self.steps) if self.position is None else self.position

    def _with(self, *steps: Step) -> History:
        return History(self.scene, (*self.steps[: self._at], *steps))


def _steps(episode: Episode) -> tuple[Step, ...]:
    is_edited = episode.settings.get("actions") == "edits"
    return tuple(Step(turn.layout, turn.text if is_edited else None) for turn in episode.turns)


def _written(operations: Any) -> str:
    try:
        return write_edits(operations)
    except (TypeError, ValueError) as error:
        raise InputError(f"`edits` is {operations!r:.80}; give a text, or a list of operations") from error
