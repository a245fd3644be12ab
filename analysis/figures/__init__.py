"""The paper's figures as pure functions: what `analysis.views` returns -> plotly Figure.

saturation             Figure 1
derivative_products    Figure 2
activations            Figure 3
network_diagram        Figure 4
gradient_norm_ratio    Figures 10, 13, 17, 18, 20
mean_gradient          Figures 11, 15
accuracy_and_loss      Figures 12, 16, 19, 21
accuracy_by_experiment,
loss_by_experiment     Figures 22, 23

Of what goes on within a network, which the paper has not:

norm_grid              norms, layer by epoch, as colours
ratio_grid             ratios likewise
dead_neurons           neurons whose gradient is exactly zero over an epoch
saturated_neurons      activations whose slope is next to nothing
neuron_gradients       every neuron of a layer over the epochs
gradient_distribution  magnitudes by decade
update_ratio           steps for the size of the weights
noise_scale            gradient noise between batches

Of several seeds, which the paper has not, with medians and bands:

norms_over_seeds       norms along the layers, an experiment a line
ratio_over_seeds       as Figures 10, 13, 17, 18, 20
accuracy_over_seeds,
loss_over_seeds        as Figures 22, 23

style, marks, lines, bands, epoch_grid and symmetric_log are what these share.
"""
