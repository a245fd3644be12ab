"""Reads the SQL views, and nothing else, and draws the paper's figures from them.

views        a view -> DataFrame
runs         which runs a report is about
settings     in which settings runs differ
words        numbers and counts as text
figures      DataFrame -> plotly Figure
pages        figures, comparison, gallery and report as HTML, with PNG
diagnosis    what is wrong with a run, in words
"""
