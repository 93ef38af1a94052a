"""What is found wrong with settings before anything is written: options that contradict, demonstrators that fail."""

from __future__ import annotations

import random
from collections.abc import Mapping
from types import MappingProxyType

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, unknown_name
from spatialenv.tasks import make_tasks
from spatialenv.trainers.algorithms import make_algorithm
from spatialenv.trainers.demonstrate import Demonstrator
from spatialenv.trainers.settings import RunSettings

OWN_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "max_steps": "rl.steps",
        "num_train_epochs": "rl.steps",
        "per_device_train_batch_size": "rl.batch_size",
        "gradient_accumulation_steps": "rl.gradient_accumulation_steps",
        "num_generations": "rl.group_size",
        "max_completion_length": "rl.max_new_tokens",
        "max_episode_tokens": "rl.max_episode_tokens",
        "save_steps": "rl.save_steps",
        "save_strategy": "rl.save_steps",
        "credit": "rl.credit",
        "pictures": "pictures",
        "report_to": "logging.to",
        "use_vllm": "vllm.mode",
        "vllm_mode": "vllm.mode",
        "seed": "seed",
        "data_seed": "seed",
        "shuffle_dataset": "seed",
        "output_dir": "the run folder (--output)",
    }
)
"""Options of the libraries below that a run counts on, and the setting that says them."""

LOSS_TYPES = ("grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo", "vespo")
"""What TRL takes as `loss_type` of a policy gradient; it looks at the name only when the first loss is made."""

TRIED_SCENES = 8
"""Scenes that a demonstrator is tried on."""


def check_options(settings: RunSettings) -> None:
    """Refuse values under `rl` that contradict each other or say what a setting of the run says.

    Args:
        settings: Resolved settings.

    Raises:
        InputError: If something is wrong.
    """
    algorithm, rl = make_algorithm(settings.algorithm), settings.rl
    for name in rl.extra:
        if name in OWN_SETTINGS:
            raise InputError(
                f"`rl.extra` sets {name!r} to {rl.extra[name]!r}, which the run could not keep count with; "
                f"leave it out and give {_told(OWN_SETTINGS[name])} instead"
            )
    loss = rl.extra.get("loss_type", LOSS_TYPES[0])
    if algorithm.kind == "online" and loss not in LOSS_TYPES:
        raise unknown_name("loss type of TRL's GRPO", str(loss), LOSS_TYPES)
    if algorithm.name == "dpo" and not rl.extra.get("beta", rl.beta):
        raise InputError("`rl.beta` is 0, with which DPO learns nothing; give one above 0, such as 0.1")
    if algorithm.kind != "supervised" and settings.route == "text" and rl.max_new_tokens >= rl.max_episode_tokens:
        raise InputError(
            f"`rl.max_episode_tokens` is {rl.max_episode_tokens}, which leaves no room beside an answer of "
            f"`rl.max_new_tokens` {rl.max_new_tokens}; it counts prompt, answers and replies together: give more"
        )
    if algorithm.kind == "supervised" and hasattr(make_tasks(settings.tasks), "observe"):
        raise InputError(
            f"`tasks` is {settings.tasks!r}, which follows what the policy solves, but {algorithm.name!r} plays "
            "demonstrations; name one of its levels, or choose another algorithm"
        )


def try_demonstrator(demonstrator: Demonstrator, settings: RunSettings, name: str, seed: int) -> None:
    """Let a demonstrator answer the first scenes that it is to show.

    Args:
        demonstrator: It.
        settings: The run's.
        name: The setting that names it.
        seed: Seed of its first scene.

    Raises:
        InputError: If it gives no answer.
    """
    tasks = make_tasks(settings.tasks)
    source = getattr(tasks, "levels", [tasks])[0]
    env = RoomLayoutEnv(tasks=source, **{**settings.env.model_dump(), "renderer": "blank"})
    for each in range(seed, seed + TRIED_SCENES):
        env.reset(seed=each)
        try:
            demonstrator(env, random.Random(each))
        except InputError as error:
            raise InputError(
                f"the demonstrator of `{name}` gave no answer to the scene of seed {each} of {settings.tasks!r}: "
                f"{error}; give another, such as {name}=solver"
            ) from error


def _told(setting: str) -> str:
    return setting if " " in setting else f"`{setting}`"
