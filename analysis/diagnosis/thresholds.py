"""The lines between healthy and sick, each with its reason; nowhere else is there such a number.

They are orders of magnitude: what is healthy lies far on one side and what is sick far on the
other, over seeds, widths, depths and both precisions, and nothing hangs on their digits.
"""

LEARNED = 0.5
"""Of the loss that guessing costs, the part that must be gone for a network to count as learning.

What moves no loss is a curiosity, so faults of single layers are named only below this: a ReLU
network may well learn with a third of its neurons dead.
"""

HALVED, AT_REST = 0.5, 0.02
"""Of its first epoch's loss, the part that is gone where a model clearly learns, and below which it
does not: of a watched model nobody knows what guessing costs. What lies between says nothing."""

SAME = 1e-4
"""Gradients of a layer's neurons that differ relatively by less than this are the same.

Equal neurons differ by rounding alone, 1e-7 in single precision and summed up over an epoch a few
times that; neurons of random weights by half their size and more.
"""

HIGH_DROPOUT = 0.5
"""The rate beyond which dropout is no longer usual in hidden layers: Srivastava et al. (2014),
section 7.3 and appendix A.4, https://jmlr.org/papers/v15/srivastava14a.html."""

SHRUNK = 0.2
"""Weights of less than this part of their initial size have collapsed.

Every layer loses as much of its signal again, and five in a row by a factor of 3,000.
"""

CLIPPED_STEPS = 0.9
"""Clipping is there for the rare steep step, not for nine steps out of ten: Pascanu, Mikolov and
Bengio (2013), section 3.2, https://arxiv.org/abs/1211.5063."""

CLIPPED_TO = 0.1
"""Gradients of which clipping leaves less than this part are gradients of another, smaller rate."""

USUAL_UPDATE = 1e-3
"""What a step usually moves weights by, relative to their size: Karpathy, CS231n,
https://cs231n.github.io/neural-networks-3/#ratio. Smaller, and the rate
may be too low; larger, and it may be too high."""

LARGE_UPDATE = 1e-2
"""Ten times the usual update: weights are another network's after a hundred steps."""

SMALL_UPDATE = 1e-4
"""A tenth of the usual update."""

REACHED = 0.1
"""The part of their own size by which weights can have moved in a whole run, at the very most.

It is the sum of all updates, as if they all went one way. Where it is smaller than this for every
layer, the network is its initial one, whatever its gradients were.
"""

NOISE, NOISE_OF_LEARNERS = 0.3, 0.5
"""Deviation over mean of the norm of the loss's gradient at the softmax, from batch to batch.

As of a mean of b norms it goes with 1 / sqrt(b): with batches of one image it is 0.4 where little
is learned and 0.7 to 1.3 where more is, with 64 images 0.1. That gradient cannot explode (for
cross-entropy it is at most sqrt(2 / b)), so nothing but the images deviates it. The second is for
networks that learn, of which more images are already right.
"""

SATURATED = 0.5
"""Half the values of the hidden layers where a sigmoid or tanh is flat stop half the gradients.

Glorot and Bengio (2010), section 3, https://proceedings.mlr.press/v9/glorot10a.html
"""

EXPLODING = 30.0
"""Growth of the gradient from the last hidden layer's side to the first's, at the first step.

Initialisations that keep variance keep it near 1 (He et al., 2015, section 2.2,
https://arxiv.org/abs/1502.01852); batch normalisation alone makes it grow by about 1.2 a layer
(Yang et al., 2019, https://arxiv.org/abs/1902.08129), which ten layers make 6.
"""

VANISHING = 1e-3
"""The same ratio where gradients shrink, in any epoch: the line that the paper's figures draw
between two layers, here from the softmax to the first activation."""

DEAD = 0.5
"""Half the neurons of a layer silent for every image: what is left is another, narrower network.

A tenth and more dead is common in networks that learn: Lu et al. (2019), Dying ReLU and
Initialization, https://arxiv.org/abs/1903.06733, which gives the odds that all of a layer are.
"""

DIVERGED = 10.0
"""A last loss of this many times the first epoch's or the cost of guessing has left its start."""

HIGH = 1.2
"""A first epoch's loss above that of guessing by this factor: first steps have made it worse."""

JUMP = 1.3
"""A loss that rises from one epoch to a later one by this factor jumps; sampling noise of a loss
over a thousand images is a few percent."""

RISES = 1.02
"""A training loss that rises by less than this, over thousands of images, may do so by chance."""

SPIKES = 2.0
"""Deviation over mean of a layer's gradient norms over the steps of an epoch.

It is below 1 for weights that change little from step to step, 1.3 with batches of one image;
a few steps of ten times the usual norm, which throw the network elsewhere, make it 2 and more.
"""

OVERFITTED = 0.1
"""Training accuracy above test accuracy by this much, and test loss on its way up."""

RISEN = 1.2
"""Validation loss over the lowest it had been: Prechelt (1998), Early Stopping - But When?, a
generalisation loss of 20 %, https://doi.org/10.1007/3-540-49430-8_3."""
