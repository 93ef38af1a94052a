"""Parts of ``tools/make_pictures.py``."""
