"""Callbacks that watch what other libraries train: one file each, and what they share."""
