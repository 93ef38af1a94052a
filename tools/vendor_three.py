"""Make the part of three.js that the viewer's pages carry: one minified file without imports.

Needs npm and the network, once in a while: `python tools/vendor_three.py`. Nothing else in the repository needs
either. The file's version and digest are written beside it, and a test compares them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

THREE, ESBUILD = "0.187.0", "0.28.2"
FOLDER = Path(__file__).parents[1] / "src/spatialenv/report/templates/vendor"
LICENCE = Path(__file__).parents[1] / "LICENSES/three.js.txt"
NAMES = (
    "BufferAttribute",
    "BufferGeometry",
    "Color",
    "CylinderGeometry",
    "DirectionalLight",
    "DoubleSide",
    "FrontSide",
    "Group",
    "HemisphereLight",
    "Mesh",
    "MeshBasicMaterial",
    "MeshStandardMaterial",
    "PCFShadowMap",
    "PerspectiveCamera",
    "PMREMGenerator",
    "Quaternion",
    "Raycaster",
    "RepeatWrapping",
    "Scene",
    "ShapeUtils",
    "Spherical",
    "SRGBColorSpace",
    "Texture",
    "Vector2",
    "Vector3",
    "WebGLRenderer",
)
"""What the viewer's scripts use; everything else is left out where three.js allows it."""

ADDONS = {"OrbitControls": "controls/OrbitControls.js", "RoomEnvironment": "environments/RoomEnvironment.js"}


def main() -> None:
    """Fetch three.js, bundle it, and write it with its licence and a record of where it is from."""
    with tempfile.TemporaryDirectory() as held:
        work = Path(held)
        (work / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        _run(work, "npm", "install", "--no-audit", "--no-fund", f"three@{THREE}", f"esbuild@{ESBUILD}")
        lines = [f'export {{ {", ".join(NAMES)} }} from "three";']
        lines += [f'export {{ {name} }} from "three/examples/jsm/{path}";' for name, path in ADDONS.items()]
        (work / "entry.js").write_text("\n".join(lines) + "\n", encoding="utf-8")
        # Pages that carry the bundle are copies of it, so its licence goes along.
        licence = (work / "node_modules/three/LICENSE").read_text(encoding="utf-8").replace("\N{COPYRIGHT SIGN}", "(c)")
        banner = f"/* three.js {THREE}, part of it.\n\n{licence.strip()}\n*/"
        options = ["--bundle", "--minify", "--format=iife", "--global-name=THREE", "--target=es2020", "--charset=ascii"]
        _run(work, "node_modules/.bin/esbuild", "entry.js", *options, "--legal-comments=none", "--outfile=three.min.js")
        FOLDER.mkdir(exist_ok=True)
        bundle = f"{banner}\n{(work / 'three.min.js').read_text(encoding='ascii')}"
        (FOLDER / "three.min.js").write_text(bundle, encoding="ascii")
        shutil.copyfile(work / "node_modules/three/LICENSE", LICENCE)
        lock = json.loads((work / "package-lock.json").read_text(encoding="utf-8"))["packages"]["node_modules/three"]
    record = {
        "package": "three",
        "version": THREE,
        "licence": "MIT",
        "source": f"npm: three {THREE}",
        "source_integrity": lock["integrity"],
        "bundler": f"esbuild {ESBUILD}",
        "exports": [*NAMES, *ADDONS],
        "sha256": hashlib.sha256(bundle.encode()).hexdigest(),
        "bytes": len(bundle),
    }
    (FOLDER / "three.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"three.js {THREE}: {len(bundle):,} bytes in {FOLDER / 'three.min.js'}")


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
