"""A feed-forward classifier in NumPy alone, every gradient of which can be read after each step.

The plan is the list of files:

naming               how layers are numbered and named
layer                what a layer is: forward, backward, parameters
dense                weights and biases: z = x W + b
activations          sigmoid and ReLU
softmax              softmax and categorical cross-entropy together
dropout              inverted dropout
batch_normalization  batch normalisation
initializers         what weights are before the first step
penalties            L1 and L2 on weights and biases
network              the layers in a row, over one flat buffer of parameters
clipping             gradients that are too large are made smaller
schedules            the learning rate of every step
optimizers           SGD, Adagrad, RMSProp, Adam and its kin, on that flat buffer
updates              how large a step's updates are beside the weights
"""

from trainer.network.activations import ACTIVATIONS, ReLU, Sigmoid
from trainer.network.batch_normalization import BatchNormalization
from trainer.network.clipping import ByGlobalNorm, ByNorm, ByValue, Clipping
from trainer.network.dense import Dense
from trainer.network.dropout import Dropout
from trainer.network.initializers import (
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
from trainer.network.layer import Layer
from trainer.network.naming import layer_names
from trainer.network.network import Network
from trainer.network.optimizers import SGD, Adagrad, Adam, AdamW, AMSGrad, Optimizer, RMSProp
from trainer.network.penalties import Penalty
from trainer.network.schedules import Cosine, Exponential, InverseTime, Schedule, StepDecay, WarmUp
from trainer.network.softmax import Softmax
from trainer.network.updates import LayerUpdate, UpdateWatch

__all__ = [
    "ACTIVATIONS",
    "GAINS",
    "OFFSETS",
    "SGD",
    "AMSGrad",
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
    "Initializer",
    "InverseTime",
    "Layer",
    "LayerUpdate",
    "LeCun",
    "Network",
    "Normal",
    "Optimizer",
    "Orthogonal",
    "Penalty",
    "RMSProp",
    "ReLU",
    "Schedule",
    "Sigmoid",
    "Softmax",
    "StepDecay",
    "Uniform",
    "UpdateWatch",
    "WarmUp",
    "layer_names",
]
