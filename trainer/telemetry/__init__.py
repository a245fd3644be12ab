"""Carries gradients from the training loop into MySQL: recorder, chunks, sink, loader, and the registry of runs."""
