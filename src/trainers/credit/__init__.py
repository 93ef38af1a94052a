"""Which tokens earned what: from the scores of turns and objects to an advantage for every token.

`turn_scores` reads what a turn earned, `assign_credit` turns the scores of a batch into advantages by the
`CreditConfig`, and `token_advantages` lays those of a turn over the tokens of its answer.
"""

from spatialenv.trainers.credit.baselines import BASELINES, Baseline, advantages_over_baseline
from spatialenv.trainers.credit.config import (
    CREDIT_LEVELS,
    SCOPES,
    CreditConfig,
    CreditLevel,
    Scope,
    make_credit,
)
from spatialenv.trainers.credit.levels import assign_credit, trajectory_rewards, turn_values
from spatialenv.trainers.credit.scores import TurnCredit, TurnScores, turn_scores
from spatialenv.trainers.credit.tokens import token_advantages

__all__ = [
    "BASELINES",
    "CREDIT_LEVELS",
    "SCOPES",
    "Baseline",
    "CreditConfig",
    "CreditLevel",
    "Scope",
    "TurnCredit",
    "TurnScores",
    "advantages_over_baseline",
    "assign_credit",
    "make_credit",
    "token_advantages",
    "trajectory_rewards",
    "turn_scores",
    "turn_values",
]
