"""Environments: `RoomLayoutEnv`, one or many at once, and what it says."""

from spatialenv.envs.prompt import FEEDBACK_MODES, make_feedback, make_prompt
from spatialenv.envs.replay import replay
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.envs.vector import RoomLayoutVectorEnv

__all__ = ["FEEDBACK_MODES", "RoomLayoutEnv", "RoomLayoutVectorEnv", "make_feedback", "make_prompt", "replay"]
