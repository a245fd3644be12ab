"""The constants of the paper's Tables 10 and 11, from real gradients in a lossy storage."""

import math
import time

import pytest

IMAGES = 320
# Table 11, every epoch, as printed: the ratios "layer 5" to "layer 11".
PRINTED = {5: 1.0, 6: 1.224744871, 7: 1.0, 8: 1.08012345, 9: 1.0, 10: 1.026436276, 11: 1.0}


@pytest.fixture(scope="module")
def run_id(laboratory, built_in):
    return laboratory.run(built_in("sigmoid_sgd"), limit=IMAGES)


def stored(laboratory, run_id: int, layer: int, filler: str) -> list[float | None]:
    above = layer + 1
    rows = laboratory.select(
        f"SELECT ratio_{above}_{layer} FROM sigmoid_sgd_ratio_{above}_{layer}_stored_avg "
        f"WHERE run_id = {run_id} AND Decimals = 6 AND Filler = {filler} ORDER BY Epoch"
    )
    return [ratio for (ratio,) in rows]


@pytest.mark.parametrize("layer", [1, 2, 3, 4])
def test_rounding_makes_the_ratios_of_the_first_layers_infinite(laboratory, run_id, layer):
    """NULL: the norm below was rounded to zero, although no gradient was zero."""
    assert stored(laboratory, run_id, layer, "1e3") == [None, None]
    ((smallest,),) = laboratory.select(
        f"SELECT MIN(norm) FROM sigmoid_sgd_layer_{layer}_norm_avg WHERE run_id = {run_id}"
    )
    assert smallest > 0


@pytest.mark.parametrize(("layer", "printed"), PRINTED.items())
def test_a_large_filler_gives_the_printed_constants(laboratory, run_id, layer, printed):
    for ratio in stored(laboratory, run_id, layer, "1e6"):
        assert ratio == pytest.approx(printed, abs=5e-10)


@pytest.mark.parametrize("layer", PRINTED)
def test_the_plain_ratio_is_another_number(laboratory, run_id, layer):
    above = layer + 1
    ratios = laboratory.select(
        f"SELECT ratio_{above}_{layer} FROM sigmoid_sgd_ratio_{above}_{layer}_avg "
        f"WHERE run_id = {run_id}"
    )
    for (ratio,) in ratios:
        assert abs(math.log10(ratio)) > 0.5


@pytest.mark.not_on_oceanbase("a query of so few rows takes as long as any")
def test_one_hypothesis_costs_a_fraction_of_all(laboratory, run_id):
    """There are 35: the conditions reach the tables, through both layers of a ratio."""
    view = f"SELECT COUNT(*) FROM sigmoid_sgd_ratio_4_3_stored_avg WHERE run_id = {run_id}"

    def seconds(condition: str) -> float:
        start = time.perf_counter()
        laboratory.select(view + condition)
        return time.perf_counter() - start

    one = min(seconds(" AND Decimals = 6 AND Filler = 1") for _ in range(3))
    assert one < seconds("") / 4
