"""Run folders, and the pages that show what came of a run or an evaluation."""

from spatialenv.report.evaluation_page import write_evaluation_page
from spatialenv.report.html import write_report
from spatialenv.report.model_card import write_model_card
from spatialenv.report.run_folder import RunFolder
from spatialenv.report.viewer import write_viewer

__all__ = ["RunFolder", "write_evaluation_page", "write_model_card", "write_report", "write_viewer"]
