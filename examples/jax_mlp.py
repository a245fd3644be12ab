"""A dense network in JAX, watched: gradients are passed explicitly, since JAX has no hooks.

python examples/jax_mlp.py, after `vanishing-gradients up`.
"""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from vanishing_gradients import watch
from vanishing_gradients.trainer.datasets import load

EPOCHS, BATCH, RATE = 2, 128, 0.1
WIDTHS = (784, 64, 32, 10)


def network(seed: int) -> dict[str, dict[str, jax.Array]]:
    """Return weights, (inputs, neurons), and biases by layer."""
    keys = jax.random.split(jax.random.key(seed), len(WIDTHS) - 1)
    shapes = pairwise(WIDTHS)
    return {
        f"dense_{number}": {
            "weights": jax.random.normal(key, shape) / shape[0] ** 0.5,
            "biases": jnp.zeros(shape[1]),
        }
        for number, (key, shape) in enumerate(zip(keys, shapes, strict=True), 1)
    }


def loss_of(params: dict, images: jax.Array, labels: jax.Array) -> jax.Array:
    """Return the mean cross-entropy of images, (samples, 784), and labels, (samples,)."""
    *hidden, last = params.values()
    for layer in hidden:
        images = jnp.tanh(images @ layer["weights"] + layer["biases"])
    outputs = jax.nn.log_softmax(images @ last["weights"] + last["biases"])
    return -outputs[jnp.arange(len(labels)), labels].mean()


def main() -> None:
    """Train it by gradient descent, storing every gradient of its weights in the database."""
    sample = load("sample")
    images, labels = sample.train_images.astype(np.float32) / 255, sample.train_labels
    params, gradient = network(1), jax.jit(jax.value_and_grad(loss_of))
    starts = range(0, len(images), BATCH)
    with watch(experiment="example_jax", telemetry="full", seed=1) as w:
        for _ in range(EPOCHS):
            batches = [(images[k : k + BATCH], labels[k : k + BATCH]) for k in starts]
            for batch, answers in w.epoch(batches):
                loss, grads = gradient(params, batch, answers)
                updates = jax.tree.map(lambda grad: -RATE * grad, grads)
                w.step(grads, params, updates)
                params = jax.tree.map(jnp.add, params, updates)
                w.log(loss=loss)


if __name__ == "__main__":
    main()
