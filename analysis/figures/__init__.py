"""Figures as pure functions: what `analysis.views` returns -> plotly Figure.

`@figure` of figure.py gives a function its heading and the views that it reads; the second
paragraph of its docstring is its caption. Pages list the figures that they show. style, marks,
lines, bands, maps and symmetric_log are shared by figures.
"""
