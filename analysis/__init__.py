"""Reads the SQL views, and nothing else, and draws the paper's figures from them.

queries      one function a view -> DataFrame
runs         which runs a report is about
figures      DataFrame -> plotly Figure, one module a kind of figure
gallery      which figures there are of which runs
comparison   a few runs beside each other
diagnosis    what is wrong with a run, in words
showcase     every experiment beside all others
pages        the HTML around a figure, and the index
images       PNG beside the HTML, where there is a browser
publishing   files appear in the output folder whole, or not at all
"""
