"""Run folders, and the page that shows what came of a run."""

from spatialenv.report.html import write_report
from spatialenv.report.run_folder import RunFolder

__all__ = ["RunFolder", "write_report"]
