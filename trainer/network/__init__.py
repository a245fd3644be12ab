"""A feed-forward classifier in NumPy alone, every gradient of which can be read after each step.

The plan is the list of files:

naming                how layers are numbered and named
layer                 what a layer is: forward, backward, parameters
dense                 weights and biases: z = x W + b
weight_normalization  a dense layer whose weights' lengths and directions are learned apart
activations           sigmoid, ReLU and nine more, one family a file
softmax               softmax and its loss together: cross-entropy or mean squared error
dropout               inverted dropout
batch_normalization   batch normalisation
layer_normalization   layer normalisation
standardization       what both do to numbers whose squares overflow
residual              skips around blocks of layers, with projections
initializers          what weights are before the first step
penalties             L1 and L2 on weights and biases
order                 which layers, in which order, make a network
network               the layers in a row and the skips, over one flat buffer of parameters
clipping              gradients that are too large are made smaller
schedules             the learning rate of every step
optimizers            SGD, Adagrad, RMSProp, Adam and its kin, on that flat buffer
updates               how large a step's updates are beside the weights
"""

from vanishing_gradients.trainer.network.activations import (
    ACTIVATIONS,
    ELU,
    GELU,
    SELU,
    Activation,
    Identity,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    Softplus,
    Swish,
    Tanh,
)
from vanishing_gradients.trainer.network.batch_normalization import BatchNormalization
from vanishing_gradients.trainer.network.clipping import ByGlobalNorm, ByNorm, ByValue, Clipping
from vanishing_gradients.trainer.network.dense import Dense
from vanishing_gradients.trainer.network.dropout import Dropout
from vanishing_gradients.trainer.network.initializers import (
    GAINS,
    OFFSETS,
    Glorot,
    He,
    Initializer,
    LeCun,
    Normal,
    Orthogonal,
    Uniform,
)
from vanishing_gradients.trainer.network.layer import Layer
from vanishing_gradients.trainer.network.layer_normalization import LayerNormalization
from vanishing_gradients.trainer.network.naming import layer_names
from vanishing_gradients.trainer.network.network import Network
from vanishing_gradients.trainer.network.optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    AMSGrad,
    Optimizer,
    RMSProp,
)
from vanishing_gradients.trainer.network.penalties import Penalty
from vanishing_gradients.trainer.network.residual import Projection, Residual
from vanishing_gradients.trainer.network.schedules import (
    Cosine,
    Exponential,
    InverseTime,
    Schedule,
    StepDecay,
    WarmUp,
)
from vanishing_gradients.trainer.network.softmax import LOSSES, Softmax
from vanishing_gradients.trainer.network.updates import LayerUpdate, UpdateWatch
from vanishing_gradients.trainer.network.weight_normalization import WeightNormalizedDense

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GAINS",
    "GELU",
    "LOSSES",
    "OFFSETS",
    "SELU",
    "SGD",
    "AMSGrad",
    "Activation",
    "Adagrad",
    "Adam",
    "AdamW",
    "BatchNormalization",
    "ByGlobalNorm",
    "ByNorm",
    "ByValue",
    "Clipping",
    "Cosine",
    "Dense",
    "Dropout",
    "Exponential",
    "Glorot",
    "He",
    "Identity",
    "Initializer",
    "InverseTime",
    "Layer",
    "LayerNormalization",
    "LayerUpdate",
    "LeCun",
    "LeakyReLU",
    "Network",
    "Normal",
    "Optimizer",
    "Orthogonal",
    "PReLU",
    "Penalty",
    "Projection",
    "RMSProp",
    "ReLU",
    "Residual",
    "Schedule",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "StepDecay",
    "Swish",
    "Tanh",
    "Uniform",
    "UpdateWatch",
    "WarmUp",
    "WeightNormalizedDense",
    "layer_names",
]
