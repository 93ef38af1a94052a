"""How nouns show themselves in a notebook, without knowing who draws them."""

from __future__ import annotations

from collections.abc import Callable

_show: Callable[[object], str] | None = None


def register_display(show: Callable[[object], str]) -> None:
    """Set what makes the HTML that notebooks show for a scene, a placed scene, a score or an episode."""
    global _show
    _show = show


class Displayed:
    """A noun that notebooks show as HTML."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        return None if _show is None else _show(self)
