"""The paper's figures as pure functions: what `analysis.queries` returns -> plotly Figure.

saturation             Figure 1
derivative_products    Figure 2
activations            Figure 3
network_diagram        Figure 4
gradient_norm_ratio    Figures 10, 13, 17, 18, 20
mean_gradient          Figures 11, 15
accuracy_and_loss      Figures 12, 16, 19, 21
by_experiment          Figures 22, 23

Of several seeds, which the paper has not, with medians and bands:

norms_over_seeds       norms along the layers, an experiment a line
ratio_over_seeds       as Figures 10, 13, 17, 18, 20
curves_over_seeds      as Figures 22, 23

style, layer_styles, layer_panels, marks, symmetric_log, curve, seeds and bands are what these
share.
"""

from analysis.figures.accuracy_and_loss import accuracy_and_loss
from analysis.figures.by_experiment import accuracy_by_experiment, loss_by_experiment
from analysis.figures.curves_over_seeds import accuracy_over_seeds, loss_over_seeds
from analysis.figures.derivatives import activations, derivative_products, saturation
from analysis.figures.gradient_norm_ratio import gradient_norm_ratio
from analysis.figures.mean_gradient import mean_gradient
from analysis.figures.network_diagram import network_diagram
from analysis.figures.norms_over_seeds import norms_over_seeds
from analysis.figures.ratio_over_seeds import ratio_over_seeds

__all__ = [
    "accuracy_and_loss",
    "accuracy_by_experiment",
    "accuracy_over_seeds",
    "activations",
    "derivative_products",
    "gradient_norm_ratio",
    "loss_by_experiment",
    "loss_over_seeds",
    "mean_gradient",
    "network_diagram",
    "norms_over_seeds",
    "ratio_over_seeds",
    "saturation",
]
