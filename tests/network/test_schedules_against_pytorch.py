"""Every schedule against PyTorch's, over its whole run."""

from functools import partial

import numpy as np
import pytest

from vanishing_gradients.trainer.network.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    StepDecay,
    WarmUp,
)

torch = pytest.importorskip("torch", reason="PyTorch, which this compares with, is not installed")
schedulers = torch.optim.lr_scheduler

STEPS, RATE = 60, 0.7
PAIRS = {
    "constant": (Constant(RATE), partial(schedulers.ConstantLR, factor=1.0)),
    "inverse time": (
        InverseTime(RATE, 0.2),
        partial(schedulers.LambdaLR, lr_lambda=lambda step: 1 / (1 + 0.2 * step)),
    ),
    "step": (StepDecay(RATE, 0.3, 7), partial(schedulers.StepLR, step_size=7, gamma=0.3)),
    "exponential": (Exponential(RATE, 0.9), partial(schedulers.ExponentialLR, gamma=0.9)),
    "cosine": (
        Cosine(RATE, STEPS, 0.05),
        partial(schedulers.CosineAnnealingLR, T_max=STEPS, eta_min=0.05),
    ),
}


def torch_rates(make, steps):
    """Return the rates of PyTorch's first steps under the given scheduler."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)
    scheduler, found = make(optimizer), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


@pytest.mark.parametrize(("ours", "theirs"), PAIRS.values(), ids=PAIRS)
def test_a_schedule_has_the_rates_of_pytorchs(ours, theirs):
    found = [ours.rate(step) for step in range(STEPS)]
    np.testing.assert_allclose(found, torch_rates(theirs, STEPS), rtol=1e-12)


@pytest.mark.filterwarnings("ignore:The epoch parameter")  # PyTorch's own, from its SequentialLR
@pytest.mark.parametrize(("ours", "theirs"), PAIRS.values(), ids=PAIRS)
def test_a_warm_up_is_pytorchs_linear_scheduler_before_the_other(ours, theirs):
    def warmed_up(optimizer):
        linear = schedulers.LinearLR(optimizer, start_factor=1 / 9, total_iters=8)
        return schedulers.SequentialLR(optimizer, [linear, theirs(optimizer)], milestones=[8])

    found = [WarmUp(ours, 8).rate(step) for step in range(STEPS)]
    np.testing.assert_allclose(found, torch_rates(warmed_up, STEPS), rtol=1e-12)
