"""Run folders, and the page that shows what came of a run."""

from spatialenv.report.run_folder import RunFolder

__all__ = ["RunFolder"]
