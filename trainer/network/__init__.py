"""A feed-forward classifier in pure NumPy; every gradient is readable after each step."""
