"""How fast gradients reach the server, against the usual ways of getting rows there."""
