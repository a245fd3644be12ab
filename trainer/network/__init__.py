"""A feed-forward classifier in NumPy alone, every gradient of which can be read after each step."""
