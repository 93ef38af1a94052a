"""How the documentation is built: `make docs`, into build/site. Warnings are errors."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))
# Notebooks run in processes of their own, which see neither a terminal nor a network.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

project = "spatialenv"
author = "The spatialenv authors"
copyright = "The spatialenv authors, Apache-2.0"
release = metadata.version("spatialenv")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "myst_nb",
    "generated_pages",
]
exclude_patterns = ["_ext", "**.ipynb_checkpoints", "design/README.md"]
nitpicky = False  # the types of NumPy and of others have no pages here
default_role = "code"

html_theme = "furo"
html_title = "spatialenv"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_custom_sections = [
    ("Range", "Range"),
    ("Zero means", "Zero means"),
    ("Best means", "Best means"),
    ("Cannot see", "Cannot see"),
]
viewcode_follow_imported_members = False  # names that a module merely passes on have no page in it
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True
