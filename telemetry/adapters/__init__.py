"""Callbacks of other libraries that watch what they train: a file each, and what they share."""
