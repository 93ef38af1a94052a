"""What goes on beside the steps of a run: whole checkpoints, samples to look at, held-out rooms, trackers."""

from spatialenv.trainers.callbacks.checkpoints import ExactCheckpoints, last_checkpoint

__all__ = ["ExactCheckpoints", "last_checkpoint"]
