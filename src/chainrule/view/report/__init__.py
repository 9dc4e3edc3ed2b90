"""The page of training runs: their curves, their settings, their mistakes.

It reads what a run has left in its folder and knows nothing of how the run is made.
"""

from .net import write_graph_page
from .page import FILE, report_page, write_report
from .watching import Report

__all__ = ["FILE", "Report", "report_page", "write_graph_page", "write_report"]
