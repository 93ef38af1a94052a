"""Write the JSON Schemas that the package publishes from the models in spatialenv.core.schema."""

from __future__ import annotations

import json
from pathlib import Path

from spatialenv.core.schema import FILES, build_json_schema


def main() -> None:
    """Remake src/spatialenv/formats/data/*.schema.json."""
    folder = Path(__file__).resolve().parent.parent / "src" / "spatialenv" / "formats" / "data"
    folder.mkdir(exist_ok=True)
    for kind in FILES:
        text = json.dumps(build_json_schema(kind), indent=1) + "\n"
        (folder / f"{kind}.schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
