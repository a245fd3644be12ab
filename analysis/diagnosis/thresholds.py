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
does not: of a watched model nobody knows what guessing costs. What lies between says nothing. A
loss that has lost less than the second in the last epoch has come to rest."""

CHANCE = 2.0
"""Times the accuracy of guessing, one in as many as there are classes: a watched model below it
only guesses, whatever became of its loss."""

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

WHOLE_UPDATE = 1.0
"""A first step as long as the weights themselves leaves nothing of how they were drawn."""

LARGE_UPDATE = 1e-2
"""Ten times the usual update: weights are another network's after a hundred steps."""

SMALL_UPDATE = 1e-4
"""A tenth of the usual update."""

REACHED = 0.1
"""The part of their own size by which weights can have moved in a whole run, at the very most.

It is the sum of all updates, as if they all went one way. Where it is smaller than this for every
layer, the network is its initial one, whatever its gradients were.
"""

GROWN = 7.0
"""Weights that are so many times as large, in the mean of the first epoch, as they started or as
LeCun's would be, whichever is larger: the first steps have thrown them out of place.

An epoch's mean of update ratios can miss this: once neurons are dead or outputs saturated, all
later steps are 0. Of the judged cases those with such rates had grown 8 to 70,000 times; of
the healthy, small weights most, 4.9 times.
"""

STALLED = 1e-2
"""The norm of the loss's gradient, over what it was in the first step, where outputs are saturated.

As long as a network guesses, that gradient stays where it began. Under a squared error it is
multiplied by the slope of the outputs, which is 0 where these are sure, rightly or not (LeCun,
Bottou, Orr and Muller, 1998, Efficient BackProp, section 4.5,
http://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf).
"""

NOISE, NOISE_OF_LEARNERS = 0.3, 0.5
"""Deviation over mean of the norm of the loss's gradient at the softmax, from batch to batch.

As of a mean of b norms it goes with 1 / sqrt(b): with batches of one image it is 0.4 where little
is learned and 0.7 to 1.3 where more is, with 64 images 0.1. That gradient cannot explode (for
cross-entropy it is at most sqrt(2 / b)), so nothing but the images deviates it. The second is for
networks that learn, of which more images are already right.
"""

SMALL_BATCH = 32
"""The largest batch whose noise may be the fault: Masters and Luschi (2018), Revisiting Small Batch
Training, https://arxiv.org/abs/1804.07612, find 2 to 32 best, at rates that suit them."""

SATURATED = 0.5
"""Half the values of the hidden layers where a sigmoid or tanh is flat stop half the gradients.

Glorot and Bengio (2010), section 3, https://proceedings.mlr.press/v9/glorot10a.html
"""

SATURATED_LAYER = 0.95
"""One layer of which so many values are flat stops nearly all gradients, whatever the others do."""

FEW_TO_NORMALISE = 4
"""Batch normalisation over fewer samples: of one, every output is the shift alone; of two, it is
the shift plus or minus the scale, whatever the input is (Ioffe and Szegedy, 2015, section 3,
https://arxiv.org/abs/1502.03167)."""

TELLS_APART = 1.5
"""A test loss of this many times the training loss, where the two pass other numbers through batch
normalisation: of the batch in training, of all batches before in tests."""

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

GAP, WIDE_GAP = 0.05, 0.1
"""Training accuracy above test accuracy by this much where the test loss is on its way up, and
whatever its way is."""

WIDE_RATIO = 2.0
"""Test loss over training loss: where accuracies are apart and losses are not, few images were
measured."""

RISEN = 1.2
"""Validation loss over the lowest it had been: Prechelt (1998), Early Stopping - But When?, a
generalisation loss of 20 %, https://doi.org/10.1007/3-540-49430-8_3."""
