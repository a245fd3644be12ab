"""The speed of gradients into the server, and of a training step, compared with alternatives."""
