"""Norms of updates, whose weights are not stored, are checked for what must hold for them."""

import pytest

from tests.verification.conftest import BATCH, Bench

PLACE = "layer = 3 AND epoch = 2 AND step = 2"
CLIPPINGS = [
    None,
    {"kind": "norm", "limit": 0.01},
    {"kind": "global_norm", "limit": 0.01},
    {"kind": "value", "limit": 0.001},
]
NAMES = [each["kind"] if each else "none" for each in CLIPPINGS]


def benched(laboratory, small, name: str, clipping, optimizer: str = "sgd", **changes) -> Bench:
    if clipping:
        changes["clipping"] = clipping
    return Bench(laboratory, small(name, "tanh", optimizer, batch_size=BATCH, **changes))


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("clipping", CLIPPINGS, ids=NAMES)
def test_a_clean_run_agrees_however_it_was_clipped(
    laboratory, small, clipping, optimizer, precision
):
    kind = clipping["kind"] if clipping else "none"
    bench = benched(laboratory, small, f"clip_{kind}_{optimizer}", clipping, optimizer, epochs=1)
    assert bench.found(bench.run(precision=precision)) == ()


@pytest.mark.parametrize("clipping", CLIPPINGS[:3], ids=NAMES[:3])
def test_an_altered_clipped_norm_is_found(laboratory, small, clipping):
    kind = clipping["kind"] if clipping else "none"
    bench = benched(laboratory, small, f"clipped_{kind}", clipping)
    run_id = bench.run()
    bench.spoil("step_statistics", run_id, "clipped_norm = clipped_norm * 1.001", PLACE)
    assert (3, 2, 2) in bench.places(run_id)


def test_clipping_that_makes_a_gradient_larger_is_found(laboratory, small):
    bench = benched(laboratory, small, "enlarged", CLIPPINGS[3], "adam")
    run_id = bench.run()
    bench.spoil("step_statistics", run_id, "clipped_norm = gradient_norm * 1.001", PLACE)
    assert (3, 2, 2) in bench.places(run_id)


def test_weights_that_change_by_more_than_the_step_are_found(laboratory, small):
    bench = benched(laboratory, small, "jumped", None, "adam")
    run_id = bench.run()
    bench.spoil("step_statistics", run_id, "weight_norm = weight_norm * 2", PLACE)
    assert (3, 2, 2) in bench.places(run_id)


def test_an_update_that_is_not_the_common_multiple_of_the_gradients_is_found(laboratory, small):
    bench = benched(laboratory, small, "uncommon", None)
    run_id = bench.run()
    bench.spoil("step_statistics", run_id, "update_norm = update_norm * 1.001", PLACE)
    assert (3, 2, 2) in bench.places(run_id)


@pytest.mark.parametrize("every", [2, 3])
def test_a_run_that_recorded_some_steps_agrees(laboratory, small, every):
    bench = benched(laboratory, small, "sparse", None)
    assert bench.found(bench.run(record_every=every)) == ()


def test_a_layer_whose_weights_follow_from_others_agrees(laboratory, small):
    bench = benched(laboratory, small, "followed", CLIPPINGS[1], normalization="weight")
    assert bench.found(bench.run()) == ()
