"""Trains the paper's networks in NumPy and streams every gradient into MySQL."""
