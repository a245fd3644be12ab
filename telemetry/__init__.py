"""Carries gradients from the loop into MySQL: recorder, chunks, sink, loader, registry of runs."""
