"""Run folders, and the pages that show what came of a run or an evaluation."""

from spatialenv.report.evaluation_page import write_evaluation_page
from spatialenv.report.html import write_report
from spatialenv.report.run_folder import RunFolder
from spatialenv.report.viewer import write_viewer

__all__ = ["RunFolder", "write_evaluation_page", "write_report", "write_viewer"]
