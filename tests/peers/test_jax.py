"""JAX: w.step takes a tree of gradients, and the tables hold them."""

import numpy as np
import pytest
from sqlalchemy import text

from tests.peers.conftest import library
from vanishing_gradients import watch
from vanishing_gradients.sql.connection import engine

jax = library("jax")
jnp = jax.numpy


def loss_of(params, x):
    hidden = jnp.tanh(x @ params["hidden"]["w"] + params["hidden"]["b"])
    return ((hidden @ params["out"][0]) ** 2).mean()


@pytest.fixture
def taught(migrated):
    """Three watched steps of a small network; return the gradients of each."""
    keys = jax.random.split(jax.random.key(0), 3)
    params = {
        "hidden": {"w": jax.random.normal(keys[0], (5, 4)), "b": jnp.zeros(4)},
        "out": [jax.random.normal(keys[1], (4, 2))],
    }
    x, told = jax.random.normal(keys[2], (16, 5)), []
    with watch(
        experiment="jax_net", url=migrated, telemetry="full", on_error="raise", biases=True
    ) as w:
        for _ in w.epoch([x] * 3):
            grads = jax.grad(loss_of)(params, x)
            updates = jax.tree.map(lambda grad: -0.1 * grad, grads)
            w.step(grads, params, updates)
            told.append((grads, params))
            params = jax.tree.map(jnp.add, params, updates)
    return told


def test_every_cell_is_that_of_jax_grad_and_names_are_paths(taught, stored, migrated):
    assert stored.run["source"] == "jax"
    assert sorted(stored.names) == ["hidden.b", "hidden.w", "out.0"]
    leaf = {"hidden.w": lambda tree: tree["hidden"]["w"], "out.0": lambda tree: tree["out"][0]}
    made = engine(migrated)
    with made.connect() as connection:
        for name, of in leaf.items():
            layer = stored.ask(
                "SELECT layer_name, width FROM layers "
                f"WHERE run_id = :run AND source_name = '{name}'"
            )[0]
            columns = ", ".join(
                f"CAST(Gradient{n} AS DOUBLE)" for n in range(1, layer["width"] + 1)
            )
            for step, (grads, _) in enumerate(taught, 1):
                rows = connection.execute(
                    text(
                        f"SELECT {columns} FROM jax_net_{layer['layer_name']} "
                        f"WHERE run_id = {stored.run['run_id']} AND Step = {step} ORDER BY RowIndex"
                    )
                ).all()
                np.testing.assert_array_equal(np.array(rows, np.float64), np.asarray(of(grads)))
    made.dispose()


def test_norms_of_weights_and_updates_are_kept_with_every_step(taught, stored):
    for row, (grads, params) in zip(stored.steps("hidden.w"), taught, strict=True):
        assert row["weight_norm"] == pytest.approx(
            float(jnp.linalg.norm(params["hidden"]["w"])), rel=1e-6
        )
        assert row["update_norm"] == pytest.approx(
            0.1 * float(jnp.linalg.norm(grads["hidden"]["w"])), rel=1e-5
        )
