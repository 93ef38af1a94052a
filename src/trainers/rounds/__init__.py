"""Algorithms that learn in rounds: sample, rank by the rewards, learn from what was kept, and again.

`loop` plays the rounds; `rejection` keeps the best episodes and `preferences` makes pairs, each with what learns of it.
"""

from spatialenv.trainers.rounds.loop import Rounds, check_rounds
from spatialenv.trainers.rounds.preferences import Answer, Pair, sample_pairs, save_pairs
from spatialenv.trainers.rounds.rejection import Kept, keep_best, sample_best

__all__ = [
    "Answer",
    "Kept",
    "Pair",
    "Rounds",
    "check_rounds",
    "keep_best",
    "sample_best",
    "sample_pairs",
    "save_pairs",
]
