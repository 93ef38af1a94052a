"""Parts by name: an explicit table, then the entry points of other distributions."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from spatialenv.errors import InputError, nearest, unknown_name


@dataclass(frozen=True)
class Registry:
    """Where the parts of one kind are found by name.

    Attributes:
        kind: What they are, for messages: ``"reward"``.
        table: The parts of this package: name -> ``module:class``. A name in it cannot be taken by others.
        group: Entry points under which other distributions offer parts.
    """

    kind: str
    table: Mapping[str, str]
    group: str

    def names(self) -> tuple[str, ...]:
        """Return the names that `make` knows, sorted; looks through what is installed."""
        return tuple(sorted({*self.table, *self._offered()}))

    def knows(self, name: object) -> bool:
        """Return whether `make` knows a name."""
        # Asking for the entry points of all installed distributions takes milliseconds.
        return isinstance(name, str) and (name in self.table or name in self._offered())

    def make(self, name: object, options: Mapping[str, Any]) -> Any:
        """Return the part of that name, made with `options`.

        Raises:
            UnknownNameError: If there is none.
            InputError: If it has no such option, or needs one that is not given.
        """
        return self.load(name, options)(**options)

    def load(self, name: object, options: Mapping[str, Any]) -> Any:
        """Return what makes the part of that name, known to take `options`; raises as `make` does."""
        if not isinstance(name, str) or not self.knows(name):
            raise unknown_name(self.kind, name, self.names())
        maker = self._load(name)
        self._check(name, maker, options)
        return maker

    def summary(self, name: str) -> str:
        """Return the first line of what a part says of itself; why not, where it cannot be loaded."""
        try:
            text = inspect.getdoc(self._load(name)) or ""
        except Exception as error:  # whatever somebody else's module raises must not hide the other parts
            return f"cannot be loaded: {type(error).__name__}: {error}"
        return text.partition("\n")[0]

    def _offered(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self.group)}

    def _load(self, name: str) -> Any:
        if name in self.table:
            module, _, attribute = self.table[name].partition(":")
            return getattr(import_module(module), attribute)
        return self._offered()[name].load()

    def _check(self, name: str, maker: Any, options: Mapping[str, Any]) -> None:
        parameters = inspect.signature(maker).parameters
        usual = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        for needed, parameter in parameters.items():
            if parameter.kind in usual and parameter.default is parameter.empty and needed not in options:
                given = {"name": name, **options, needed: "..."}
                raise InputError(f"{self.kind} {name!r} needs the option {needed!r}; give a dict such as {given!r}")
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
            return
        for option in options:
            if option not in parameters:
                hint = f"{nearest(str(option), parameters)} Known: {', '.join(parameters)}"
                raise InputError(
                    f"{self.kind} {name!r} has no option {option!r};{hint if parameters else ' it has none'}"
                )
