"""Reads the SQL views, and nothing else, and draws the paper's figures from them.

views        a view -> DataFrame
runs         which runs a report is about
words        numbers and counts as text
figures      DataFrame -> plotly Figure
gallery      which figures there are of which runs
settings     in what runs differ
comparison   a few runs beside each other
diagnosis    what is wrong with a run, in words
showcase     every experiment beside all others
pages        the HTML around a figure, and PNG beside it; files appear whole, or not at all
"""
