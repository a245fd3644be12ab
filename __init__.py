"""Every gradient of a neural network, in MySQL, behind versioned SQL views."""
