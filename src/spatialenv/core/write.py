"""Layouts as a model writes them."""

from __future__ import annotations

import json

from spatialenv.core.layout import Layout

DIGITS = 4
"""Decimals of written numbers: tenths of a millimetre, which is exact for sizes in whole millimetres."""


def write_records(layout: Layout) -> str:
    """Return the JSON list of an answer, on one line; yaw in degrees for poses that have one.

    Example:
        >>> write_records(Layout.from_mapping({"sofa_1": (1, 1.83, 0.45)}))
        '[{"new_object_id": "sofa_1", "x": 1.0, "y": 1.83, "z": 0.45}]'
    """
    records = [
        {key: value if isinstance(value, str) else round(value, DIGITS) + 0.0 for key, value in record.items()}
        for record in layout.to_records(with_yaw=True)
    ]
    return json.dumps(records, ensure_ascii=False)


def write_answer(layout: Layout, think: str = "") -> str:
    """Return a whole answer.

    Args:
        layout: Where each object goes.
        think: What stands between the think tags.

    Example:
        >>> write_answer(Layout.from_mapping({"sofa_1": (1, 2, 0.5)}))
        '<think></think><answer>[{"new_object_id": "sofa_1", "x": 1.0, "y": 2.0, "z": 0.5}]</answer>'
    """
    return f"<think>{think}</think><answer>{write_records(layout)}</answer>"
