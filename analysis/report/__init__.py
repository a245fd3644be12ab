"""`make report`: the paper beside what really happens, in one HTML file that needs no network.

missing    what would be needed and is not there, with the command that gets it
answers    the five research questions, in sentences
plates     the figures
sections   what is said of a run and of a data set
page       all of it as HTML
"""

from vanishing_gradients.analysis.report.page import REPORT, report

__all__ = ["REPORT", "report"]
