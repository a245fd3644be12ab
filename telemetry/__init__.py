"""Carries gradients from the training loop into MySQL: recorder, chunks, sink, loader, runs."""
