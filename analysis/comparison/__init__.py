"""`make compare`: a few runs of any kind beside each other, what differs between them first.

choice       which runs are meant
differences  the settings in which they differ
outcomes     what came of each, in numbers
output       both as tables on a terminal
page         both in HTML, with figures
"""

from vanishing_gradients.analysis.comparison.choice import chosen_runs
from vanishing_gradients.analysis.comparison.page import compare

__all__ = ["chosen_runs", "compare"]
