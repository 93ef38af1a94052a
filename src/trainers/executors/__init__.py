"""Where the episodes of a training run are played: in this process, in others, or on a Ray cluster."""

from spatialenv.trainers.executors.base import Executor, Outcome, Seat, Waiting
from spatialenv.trainers.executors.making import check_executor, make_executor
from spatialenv.trainers.executors.serial import SerialExecutor

__all__ = ["Executor", "Outcome", "Seat", "SerialExecutor", "Waiting", "check_executor", "make_executor"]
