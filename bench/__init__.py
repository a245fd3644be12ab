"""How fast gradients reach the server, and how fast a training step is, against other ways."""
