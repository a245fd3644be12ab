"""The live page: runs while they train, in a browser, from a symptom down to a raw row.

A web server on loopback answers from the same views as every other report, as reader. The page
polls it; nothing of it comes from another host.
"""
