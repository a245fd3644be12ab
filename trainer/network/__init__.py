"""A feed-forward classifier in NumPy alone, every gradient of which can be read after each step.

The plan is the list of files:

settings        kinds, and what a file may say about them
layer           what a layer is: forward, backward, parameters
initializers    what weights are before the first step
dense           weights and biases, z = x W + b, their penalties, and weight normalisation
activation      what all activations share: slopes, gains, who is saturated; sigmoid, tanh, ReLU
activations     the smooth ones, and all by kind
normalizations  over the batch, over the neurons
dropout         inverted dropout
residual        skips around blocks of layers, with projections
softmax         softmax and its loss together: cross-entropy or mean squared error
network         the layers in a row and the skips, over one flat buffer of parameters
clipping        gradients that are too large are made smaller
schedules       the learning rate of every step
optimizers      SGD, Adagrad, RMSProp, Adam and its kin, on that flat buffer
updates         how large a step's updates are, compared with the weights
"""
