"""What each kind of figure is called, and how to read it."""

RATIO, MEAN, CURVES = "gradient_norm_ratio", "mean_gradient", "accuracy_and_loss"
NORM_GRID, RATIO_GRID = "norm_grid", "ratio_grid"
DEAD, SATURATED, NEURONS = "dead_neurons", "saturated_neurons", "neuron_gradients"
UPDATE, DISTRIBUTION, NOISE = "update_ratio", "gradient_distribution", "noise_scale"
OF_RUN = (
    RATIO, MEAN, CURVES, NORM_GRID, RATIO_GRID, DEAD, SATURATED, NEURONS, UPDATE, DISTRIBUTION,
    NOISE,
)  # fmt: skip
ACCURACY, LOSS = "accuracy_by_experiment", "loss_by_experiment"

HEADINGS = {
    RATIO: "Gradient-norm ratio",
    MEAN: "Mean gradient",
    CURVES: "Accuracy and loss",
    NORM_GRID: "Norms as a map",
    RATIO_GRID: "Ratios as a map",
    DEAD: "Dead neurons",
    SATURATED: "Saturated neurons",
    NEURONS: "Gradients of neurons",
    UPDATE: "Update-to-weight ratio",
    DISTRIBUTION: "Distribution of gradients",
    NOISE: "Gradient noise scale",
    ACCURACY: "Accuracy by experiment",
    LOSS: "Loss by experiment",
}
CAPTIONS = {
    RATIO: "Norm of layer l + 1 over norm of layer l; a layer's norm is the mean L2 norm of the "
    "rows of its gradient. Layers are numbered as in the paper, whose Figures 10, 13, 17, "
    "18 and 20 show this ratio. The gradient of a dense layer is a sum over the batch, that "
    "of any other layer is one sample's: a ratio far from 1 between the two kinds is not by "
    "itself a fault. Infinite, undefined and zero ratios have no place on a logarithmic "
    "axis; marks stand for them, side by side where there are several. View: "
    "gradient_norm_ratios.",
    MEAN: "Mean over all gradient values of a layer in an epoch, on an axis that is logarithmic on "
    "either side of zero and linear about it. Dashed lines at ±0.001 bound what the paper calls "
    "the vanishing region (its Figures 11 and 15). Softmax with cross-entropy gives every sample a "
    "gradient that sums to zero: without penalties on the weights the means of the last two layers "
    "are rounding errors. View: gradient_norms.",
    CURVES: "Training values are over the images as the epoch met them, the weights changing "
    "meanwhile; validation values are over the test images after the epoch. The loss is the one "
    "that the network was trained with, categorical cross-entropy in the paper. As in its Figures "
    "12, 16, 19 and 21. View: training_curves.",
    NORM_GRID: "Mean L2 norm of the rows of a layer's gradient in an epoch; colours are "
    "logarithmic, with a scale of their own for the layers with weights, whose gradient is a sum "
    "over the batch. Colours that darken towards the first layer are a gradient that vanishes on "
    "its way back. Exactly zero and undefined are no colours but marks. View: gradient_norms.",
    RATIO_GRID: "Norm of layer l + 1 over norm of layer l, as in the figure of ratios, but as "
    "colours, for networks of any depth: pale is 1, one hue is above, the other below. View: "
    "gradient_norm_ratios.",
    DEAD: "A neuron is dead in an epoch if its gradient is exactly zero in all of it: of a layer "
    "with weights the gradient of every weight into the neuron at every step, of any other layer "
    "that of the neuron for every sample. A dead ReLU never gets a positive input and can no "
    "longer learn. Point at a cell to see which neurons. Views: dead_neurons, neurons.",
    SATURATED: "Share of an activation's values where its slope is below 1 % of the largest slope "
    "it has: there next to nothing of a gradient passes. A ReLU counts as saturated wherever it is "
    "off. Point at a cell to see which neurons were so for every sample of the epoch. Views: "
    "saturation, neurons.",
    NEURONS: "Mean magnitude of each neuron's gradient in an epoch, in logarithmic colours that "
    "each layer has for itself; the menu chooses the layer. View: neurons.",
    UPDATE: "Mean over the steps of an epoch of the L2 norm of the change of a layer's weights "
    "over that of the weights. Somewhere around 1e-3 is the usual guide (Karpathy, CS231n, "
    "https://cs231n.github.io/neural-networks-3/#ratio): far below it a layer hardly learns, far "
    "above it the learning rate may be too large. View: update_ratios.",
    DISTRIBUTION: "Shares of a layer's gradient values by magnitude, a decade a column, in the "
    "first epoch and the last; exact zeros stand apart at the left. The lowest and the highest "
    "decade take whatever lies beyond. The menu chooses the layer whose bars are drawn. Views: "
    "{exp}_layer_{l}_distribution.",
    NOISE: "The simple noise scale tr(Σ) / |G|² of the gradients of an epoch's batches: the batch "
    "size at which noise and gradient are equally large (McCandlish et al., 2018, "
    "https://arxiv.org/abs/1812.06162). Far above the batch size steps are mostly noise; far below "
    "it larger batches are of little use. The weights change within an epoch, which counts as "
    "noise. Of a run with very many values only some epochs are read, first and last among them. "
    "Views: {exp}_layer_{l}_noise_scale.",
    ACCURACY: "One line an experiment: its latest finished run on this data set. As in the paper's "
    "Figure 22. View: training_curves.",
    LOSS: "One line an experiment: its latest finished run on this data set. As in the paper's "
    "Figure 23. View: training_curves.",
}
