"""The shared libraries of the system that Blender needs, the packages that hold them, and what is said without them."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from spatialenv.errors import MissingExtraError
from spatialenv.renderers.blender.command import INSTALL, BlenderCommand

LIBRARIES: Mapping[str, tuple[str, str]] = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl"),
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libICE.so.6": ("libice6", "libICE"),
    "libSM.so.6": ("libsm6", "libSM"),
    "libX11.so.6": ("libx11-6", "libX11"),
    "libXext.so.6": ("libxext6", "libXext"),
    "libXfixes.so.3": ("libxfixes3", "libXfixes"),
    "libXi.so.6": ("libxi6", "libXi"),
    "libXrender.so.1": ("libxrender1", "libXrender"),
    "libXt.so.6": ("libxt6", "libXt"),
    "libXxf86vm.so.1": ("libxxf86vm1", "libXxf86vm"),
    "libgcc_s.so.1": ("libgcc-s1", "libgcc"),
    "libstdc++.so.6": ("libstdc++6", "libstdc++"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
}
"""The package of a library by its name: Debian's and Ubuntu's, then Fedora's."""

NEEDED = (
    "libGL.so.1",
    "libICE.so.6",
    "libSM.so.6",
    "libX11.so.6",
    "libXext.so.6",
    "libXfixes.so.3",
    "libXi.so.6",
    "libXrender.so.1",
    "libxkbcommon.so.0",
)
"""What bpy 5.0.1 loads that a small Debian, Ubuntu or Fedora lacks."""

T64 = {"libxt6": "libxt6t64"}
"""Packages that were renamed when Debian 13 and Ubuntu 24.04 made time 64 bits wide."""

BROUGHT = {"libice6": "libsm6", "libICE": "libSM"} | dict.fromkeys(("libx11-6", "libxext6"), "libxi6")
"""Packages that another brings with it: only that one is named."""

_OLD = re.compile(r"Blender \S+(?: \w+)? is older than [\d.]+")
_MISSING = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file")
_UNFOUND = re.compile(r"^\s*(lib\S+) => not found", re.MULTILINE)
_OS_RELEASE = Path("/etc/os-release")


def install_line(libraries: Iterable[str] = NEEDED, system: Mapping[str, str] | None = None) -> str:
    """Return the command that installs the packages of some libraries on this system, or on Debian if it is another.

    Args:
        libraries: Names of libraries, such as ``"libXi.so.6"``; those that no package is known of are left out.
        system: What /etc/os-release says; of this system by default.

    Example:
        >>> install_line(["libXi.so.6", "libX11.so.6"], {"ID": "ubuntu", "VERSION_ID": "24.04"})
        'apt-get install -y libxi6'
        >>> install_line(["libGL.so.1"], {"ID": "fedora"})
        'dnf install -y libglvnd-glx'
    """
    system = _system() if system is None else system
    family = {system.get("ID", ""), *system.get("ID_LIKE", "").split()}
    is_fedora = bool(family & {"fedora", "rhel", "centos"})
    packages = {LIBRARIES[name][is_fedora] for name in libraries if name in LIBRARIES}
    packages = {name for name in packages if BROUGHT.get(name) not in packages}
    if is_fedora:
        return f"dnf install -y {' '.join(sorted(packages))}"
    if _has_t64(system):
        packages = {T64.get(name, name) for name in packages}
    return f"apt-get install -y {' '.join(sorted(packages))}"


def missing_libraries(path: Path) -> list[str]:
    """Return the shared libraries that a program or library needs and the system lacks, by `ldd`.

    Args:
        path: An executable or a shared library.
    """
    ldd = shutil.which("ldd")
    if ldd is None:
        return []
    try:
        told = subprocess.run([ldd, str(path)], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    return sorted(set(_UNFOUND.findall(told)))


def bpy_library(command: BlenderCommand) -> Path | None:
    """Return the file that Blender is in: bpy's shared library, or the executable itself; None if it is not found."""
    if command.kind == "blender":
        return command.path
    code = "import importlib.util as u; s = u.find_spec('bpy'); print(s.origin if s else '')"
    try:
        told = subprocess.run(
            [str(command.path), "-I", "-c", code], capture_output=True, text=True, timeout=30, check=False
        ).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Path(told) if told else None


def explain_start(command: BlenderCommand, output: str) -> MissingExtraError | None:
    """Return the error that says what to install for a Blender that did not start.

    Args:
        command: What was started.
        output: What it printed.

    Returns:
        None when it lacks nothing that is known.
    """
    named = _MISSING.findall(output)
    if named:
        library = bpy_library(command)
        lacks = sorted({*named, *(missing_libraries(library) if library is not None else ())})
        verb = "is" if len(lacks) == 1 else "are"
        cure = install_line(lacks) if set(lacks) & set(LIBRARIES) else "install the packages that hold them"
        return MissingExtraError(f"Blender cannot start: {', '.join(lacks)} {verb} missing on this system: {cure}")
    if "No module named 'bpy'" in output:
        return MissingExtraError(
            f"the Python interpreter {str(command.path)!r} has no bpy: {INSTALL} makes one that has, and is used when "
            "no other is given"
        )
    if (old := _OLD.search(output)) is not None:
        return MissingExtraError(f"{old[0]}, and too old to draw ({str(command.path)!r}): {INSTALL}")
    if "No module named 'numpy'" in output:
        cure = "apt-get install -y python3-numpy" if command.kind == "blender" else INSTALL
        return MissingExtraError(f"the Python of the Blender at {str(command.path)!r} has no numpy: {cure}")
    if "GLIBC" in output and "not found" in output:
        return MissingExtraError(
            f"Blender needs a later C library than this system's ({' '.join(platform.libc_ver())}): use a later "
            "distribution, such as Debian 12 or Ubuntu 22.04"
        )
    return None


def _system() -> dict[str, str]:
    try:
        lines = _OS_RELEASE.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


def _has_t64(system: Mapping[str, str]) -> bool:
    first = {"debian": 13.0, "ubuntu": 24.04}.get(system.get("ID", ""))
    try:
        return first is not None and float(system.get("VERSION_ID", "nan")) >= first
    except ValueError:
        return False
