"""The controls of the study: what is done to rewards, pictures or words to see what learning rests on.

A control changes one thing that a model is shown, told or paid, and nothing else: scores, ends of episodes and `info`
are those of the same answers without it, and the record of an episode holds what was shown and told.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from accelerate.utils import gather_object

from benchmarks.learning.control_plays import (
    BlankPlay,
    EmptyLaterPlay,
    FalseWordsPlay,
    NoWordsPlay,
    OtherRoomPlay,
)
from spatialenv.envs.play import Play
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import unknown_name
from spatialenv.trainers.credit import TurnScores
from spatialenv.trainers.grpo import LayoutGRPOTrainer


class ShuffledTrainer(LayoutGRPOTrainer):
    """Hands each episode the scores of one of its group, drawn at random: the same numbers, no information.

    Each episode is as likely as the others to be given any of the group's scores. The permutation depends on the
    run's seed and the step alone, so that all processes draw the same one and a run that was stopped goes on alike.
    """

    def episode_scores(self) -> list[list[TurnScores]]:
        """Return the scores of this process's episodes, permuted within each group, whose others may play elsewhere."""
        own = super().episode_scores()
        scores: list[list[TurnScores]] = gather_object(own)
        rng = random.Random(f"shuffled {self.args.seed} {self._step}")
        shuffled: list[list[TurnScores]] = []
        for start in range(0, len(scores), self._group_size):
            group = scores[start : start + self._group_size]
            shuffled += rng.sample(group, len(group))
        first = len(own) * self.accelerator.process_index
        return shuffled[first : first + len(own)]


class BlankPicturesEnv(RoomLayoutEnv):
    """Shows one grey; see `RoomLayoutEnv` for all else."""

    play_class: ClassVar[type[Play]] = BlankPlay


class OtherRoomEnv(RoomLayoutEnv):
    """Shows another room of the same source; see `OtherRoomPlay`, and `RoomLayoutEnv` for all else."""

    play_class: ClassVar[type[Play]] = OtherRoomPlay


class EmptyLaterEnv(RoomLayoutEnv):
    """Shows the room as if the answer had placed nothing; see `RoomLayoutEnv` for all else."""

    play_class: ClassVar[type[Play]] = EmptyLaterPlay


class NoWordsEnv(RoomLayoutEnv):
    """Only asks for the next answer; see `RoomLayoutEnv` for all else."""

    play_class: ClassVar[type[Play]] = NoWordsPlay


class FalseWordsEnv(RoomLayoutEnv):
    """Tells names and amounts drawn at random; see `FalseWordsPlay`, and `RoomLayoutEnv` for all else."""

    play_class: ClassVar[type[Play]] = FalseWordsPlay


@dataclass(frozen=True, slots=True)
class Control:
    """One control.

    Attributes:
        name: Its name in `benchmarks.learning.arms.Arm.control`.
        what: What is done, in words of the page.
        trainer_class: What trains.
        env_class: What is played, in training and on suites; its constructor is that of `RoomLayoutEnv`.
    """

    name: str
    what: str
    trainer_class: type[LayoutGRPOTrainer] = LayoutGRPOTrainer
    env_class: type[RoomLayoutEnv] = RoomLayoutEnv


_ROWS = (
    Control("shuffled_rewards", "each answer is paid for another one of its group", trainer_class=ShuffledTrainer),
    Control("blank_pictures", "all pictures are grey", env_class=BlankPicturesEnv),
    Control("other_room", "all pictures are of another room, of another size", env_class=OtherRoomEnv),
    Control("empty_later", "from the second turn on, pictures show the empty room", env_class=EmptyLaterEnv),
    Control("no_words", "feedback only asks to answer again", env_class=NoWordsEnv),
    Control("false_words", "feedback names objects and amounts drawn at random", env_class=FalseWordsEnv),
)

CONTROLS: Mapping[str, Control] = MappingProxyType({control.name: control for control in _ROWS})
"""The controls by name."""

NO_CONTROL = Control("none", "nothing is changed")


def make_control(name: str | None) -> Control:
    """Return the control of a name; None asks for `NO_CONTROL`.

    Raises:
        UnknownNameError: If there is none of this name.

    Example:
        >>> make_control("blank_pictures").env_class.__name__, make_control(None).env_class.__name__
        ('BlankPicturesEnv', 'RoomLayoutEnv')
    """
    if name is None:
        return NO_CONTROL
    if name not in CONTROLS:
        raise unknown_name("control", name, list(CONTROLS))
    return CONTROLS[name]
