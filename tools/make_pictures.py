"""Draw the pictures of docs/pictures.md and docs/training/credit.md: ``python tools/make_pictures.py [NAME ...]``.

What is marked as wrong is found by the package itself. Without names, all pictures are drawn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from pictures.backends import backends_sheet
from pictures.categories import category_sheets
from pictures.credit import save_credit_svg
from pictures.marks import shapes_sheet, written_sheet, wrong_sheet
from pictures.rooms import cameras_sheet, channels_sheet, labelled_sheet, looks_sheet, rooms_sheet, training_sheet
from pictures.saving import Picture, save, save_photographs

from spatialenv.tasks.example_rooms import NAMES

SHEETS: dict[str, Callable[[], Picture]] = {
    "rooms_1": lambda: rooms_sheet(NAMES[:6]),
    "rooms_2": lambda: rooms_sheet(NAMES[6:]),
    "rooms_labelled_1": lambda: labelled_sheet(NAMES[:6]),
    "rooms_labelled_2": lambda: labelled_sheet(NAMES[6:]),
    "rooms_walk": lambda: rooms_sheet(NAMES, "walk", (384, 288)),
    "cameras": lambda: cameras_sheet("living_room"),
    "channels": lambda: channels_sheet("bedroom"),
    "looks": lambda: looks_sheet("bedroom"),
    "training_views": training_sheet,
    "written": written_sheet,
    "wrong": wrong_sheet,
    "shapes": shapes_sheet,
    "backends": backends_sheet,
    "backends_walk": lambda: backends_sheet("walk", left_out=["blender, showcase"]),
}


PHOTOGRAPHS = ("backends_walk",)
"""Sheets of soft light that fills the picture."""


def drawn(names: list[str]) -> Iterator[tuple[str, Picture]]:
    """Yield the pictures asked for, or all."""
    for name, draw in SHEETS.items():
        if not names or name in names:
            yield name, draw()
    if not names or "categories" in names:
        for number, sheet in enumerate(category_sheets(), start=1):
            yield f"categories_{number}", sheet


def main() -> None:
    """Draw and save."""
    if len(sys.argv) == 1 or "credit" in sys.argv[1:]:
        save_credit_svg()
    for name, picture in drawn(sys.argv[1:]):
        (save_photographs if name in PHOTOGRAPHS else save)(name, picture)


if __name__ == "__main__":
    main()
