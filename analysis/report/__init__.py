"""`make report`: the paper beside what really happens, in one HTML file that needs no network.

answers    the five research questions, in sentences
plates     the figures
sections   what is said of a run and of a data set
page       all of it as HTML, and what is wanting
"""

from vanishing_gradients.analysis.report.page import REPORT, report

__all__ = ["REPORT", "report"]
