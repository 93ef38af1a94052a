"""Layouts as a model writes them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from spatialenv.core.layout import Pose

DIGITS = 4
"""Decimals of written numbers: tenths of a millimetre, which is exact for sizes in whole millimetres."""


def write_records(layout: Mapping[str, Pose], digits: int = DIGITS) -> str:
    """Return the JSON list of an answer, on one line; yaw in degrees for poses that have one.

    Args:
        layout: Poses by id.
        digits: Decimals of the numbers.

    Example:
        >>> write_records({"sofa_1": Pose(1, 1.83, 0.45)})
        '[{"new_object_id": "sofa_1", "x": 1.0, "y": 1.83, "z": 0.45}]'
    """
    records = []
    for object_id, pose in layout.items():
        numbers = {"x": pose.x, "y": pose.y, "z": pose.z}
        if pose.yaw is not None:
            numbers["yaw"] = math.degrees(pose.yaw)
        record: dict[str, Any] = {"new_object_id": object_id}
        # Adding 0 turns -0.0 into 0.0.
        records.append(record | {key: round(value, digits) + 0.0 for key, value in numbers.items()})
    return json.dumps(records, ensure_ascii=False)


def write_answer(layout: Mapping[str, Pose], think: str = "", digits: int = DIGITS) -> str:
    """Return the text of an answer that places `layout`.

    Args:
        layout: Poses by id.
        think: What stands between the think tags.
        digits: Decimals of the numbers.

    Example:
        >>> write_answer({"sofa_1": Pose(1, 2, 0.5)})
        '<think></think><answer>[{"new_object_id": "sofa_1", "x": 1.0, "y": 2.0, "z": 0.5}]</answer>'
    """
    return f"<think>{think}</think><answer>{write_records(layout, digits)}</answer>"
