"""`make gallery`'s page: every experiment in the database beside all others on its data set.

exhibits   which runs are shown, and what is said of each
topics     what an experiment changes of the paper's networks
page       all of it in HTML
"""

from vanishing_gradients.analysis.showcase.page import show

__all__ = ["show"]
