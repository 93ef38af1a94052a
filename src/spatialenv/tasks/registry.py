"""Sources of scenes that are made from other sources, drawn by hand, or come from other distributions."""

from __future__ import annotations

from spatialenv.core.part import Registry

REGISTRY = Registry(
    "tasks",
    {
        "completion": "spatialenv.tasks.completion:CompletionTasks",
        "curriculum": "spatialenv.tasks.curriculum:CurriculumTasks",
        "edit": "spatialenv.tasks.edit:EditTasks",
        "mixture": "spatialenv.tasks.mixture:MixtureTasks",
        "repair": "spatialenv.tasks.repair:RepairTasks",
        "rooms": "spatialenv.tasks.example_rooms:ExampleRooms",
    },
    "spatialenv.tasks",
)
"""Classes, or functions, that return a source; a split named after a slash is their option ``split``.

Other distributions add theirs as entry points of the group ``spatialenv.tasks``.
"""
