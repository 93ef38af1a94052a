"""Environments: `RoomLayoutEnv` and what it says."""

from spatialenv.envs.prompt import FEEDBACK_MODES, make_feedback, make_prompt
from spatialenv.envs.replay import replay
from spatialenv.envs.room_layout import RoomLayoutEnv

__all__ = ["FEEDBACK_MODES", "RoomLayoutEnv", "make_feedback", "make_prompt", "replay"]
