"""Every optimizer against PyTorch's, for the same parameters and gradients in double precision.

PyTorch's SGD applies the rate after the momentum: with momentum, the two agree if the rate is
fixed. Its Adagrad decays as ours does; for the others we use a scheduler of PyTorch.
"""

from functools import partial

import numpy as np
import pytest

from tests.network.walks import drawn, walked
from vanishing_gradients.trainer.network.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    AMSGrad,
    RMSProp,
)
from vanishing_gradients.trainer.network.schedules import Cosine

torch = pytest.importorskip("torch", reason="PyTorch, which this compares with, is not installed")

OURS = {"epsilon": 1e-5, "beta_1": 0.8, "beta_2": 0.95}
THEIRS = {"eps": 1e-5, "betas": (0.8, 0.95)}
PAIRS = {
    "sgd": (SGD, torch.optim.SGD),
    "momentum": (partial(SGD, momentum=0.9), partial(torch.optim.SGD, momentum=0.9)),
    "nesterov": (
        partial(SGD, momentum=0.9, nesterov=True),
        partial(torch.optim.SGD, momentum=0.9, nesterov=True),
    ),
    "adagrad": (partial(Adagrad, epsilon=1e-5), partial(torch.optim.Adagrad, eps=1e-5)),
    "rmsprop": (
        partial(RMSProp, epsilon=1e-5, rho=0.8),
        partial(torch.optim.RMSprop, eps=1e-5, alpha=0.8),
    ),
    "adadelta": (
        partial(Adadelta, epsilon=1e-5, rho=0.8),
        partial(torch.optim.Adadelta, eps=1e-5, rho=0.8),
    ),
    "adamax": (partial(Adamax, **OURS), partial(torch.optim.Adamax, **THEIRS)),
    "adam": (partial(Adam, **OURS), partial(torch.optim.Adam, **THEIRS)),
    "adamw": (
        partial(AdamW, **OURS, weight_decay=0.3),
        partial(torch.optim.AdamW, **THEIRS, weight_decay=0.3),
    ),
    "amsgrad": (partial(AMSGrad, **OURS), partial(torch.optim.Adam, **THEIRS, amsgrad=True)),
}
WITHOUT_MOMENTUM = {k: pair for k, pair in PAIRS.items() if k not in ("momentum", "nesterov")}


def torch_walk(make, start, gradients, scheduler=None):
    """Return PyTorch's parameters after each gradient."""
    parameter = torch.nn.Parameter(torch.tensor(start))
    optimizer = make([parameter])
    schedule = scheduler and scheduler(optimizer)
    path = []
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        if schedule:
            schedule.step()
        path.append(parameter.detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS.values(), ids=PAIRS)
def test_an_optimizer_walks_as_pytorchs_does(ours, theirs):
    start, gradients = drawn()
    expected = torch_walk(partial(theirs, lr=0.05), start, gradients)
    np.testing.assert_allclose(walked(ours(0.05), start, gradients), expected, rtol=1e-11)


@pytest.mark.parametrize(("ours", "theirs"), WITHOUT_MOMENTUM.values(), ids=WITHOUT_MOMENTUM)
def test_an_optimizer_with_a_schedule_walks_as_pytorchs_does(ours, theirs):
    start, gradients = drawn(1)
    cosine = partial(
        torch.optim.lr_scheduler.CosineAnnealingLR, T_max=len(gradients), eta_min=0.001
    )
    expected = torch_walk(partial(theirs, lr=0.05), start, gradients, cosine)
    path = walked(ours(Cosine(0.05, len(gradients), 0.001)), start, gradients)
    np.testing.assert_allclose(path, expected, rtol=1e-11)


def test_adagrad_decays_as_pytorchs_does():
    start, gradients = drawn(2)
    theirs = partial(torch.optim.Adagrad, lr=0.05, lr_decay=0.1, eps=1e-5)
    path = walked(Adagrad(0.05, decay=0.1, epsilon=1e-5), start, gradients)
    np.testing.assert_allclose(path, torch_walk(theirs, start, gradients), rtol=1e-11)


def test_where_the_rate_changes_pytorchs_momentum_differs():
    start, gradients = drawn(3)
    halved = partial(torch.optim.lr_scheduler.ExponentialLR, gamma=0.5)
    theirs = torch_walk(
        partial(torch.optim.SGD, lr=0.05, momentum=0.9), start, gradients[:2], halved
    )
    # PyTorch's second step is 0.025 (0.9 g_1 + g_2), and the paper's 0.9 (0.05 g_1) + 0.025 g_2.
    first, second = gradients[:2]
    expected = start - 0.05 * first - 0.025 * (0.9 * first + second)
    np.testing.assert_allclose(theirs[1], expected, rtol=1e-12)
    ours = walked(SGD(0.05, decay=1.0, momentum=0.9), start, gradients[:2])
    np.testing.assert_allclose(ours[1], expected - 0.025 * 0.9 * first, rtol=1e-12)
