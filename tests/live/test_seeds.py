"""More runs than fit over one another are bands over the seeds of their experiments."""

import pytest
from sqlalchemy import text

from vanishing_gradients.sql.connection import engine

COPIES = {
    "runs": "seed", "layers": None, "epoch_metrics": None, "epoch_layers": None,
}  # fmt: skip
SEEDS = range(2, 7)
FIRST = 1000
"""The number of the first copy."""


@pytest.fixture(scope="module")
def many(recorded):
    """The numbers of both runs and of copies of them that have other seeds."""
    made = engine(recorded.url)
    numbers = [recorded.full, recorded.statistics]
    with made.begin() as connection:
        for run_id in tuple(numbers):
            for seed in SEEDS:
                numbers.append(FIRST + len(numbers))
                _copy(connection, run_id, numbers[-1], seed)
    yield numbers
    with made.begin() as connection:
        connection.execute(text("DELETE FROM runs WHERE run_id >= :first"), {"first": FIRST})
    made.dispose()


def _copy(connection, run_id: int, copy: int, seed: int) -> None:
    for table, other in COPIES.items():
        columns = connection.scalars(
            text(
                "SELECT column_name FROM information_schema.columns WHERE "
                "table_schema = DATABASE() AND table_name = :name AND column_name <> 'run_id'"
            ),
            {"name": table},
        ).all()
        kept = [f"{seed}" if name == other else f"`{name}`" for name in columns]
        connection.execute(
            text(
                f"INSERT INTO {table} (run_id, {', '.join(f'`{name}`' for name in columns)}) "
                f"SELECT {copy}, {', '.join(kept)} FROM {table} WHERE run_id = {run_id}"
            )
        )


def asked(page, runs, path: str = "compare"):
    return page.ask(f"/api/{path}?runs={','.join(map(str, runs))}")


def test_each_experiment_is_a_group_with_its_seeds(page, many):
    groups = asked(page, many).json()["groups"]
    assert [(each["experiment"], each["seeds"]) for each in groups] == [
        ("relu_net", 6), ("sigmoid_net", 6),
    ]  # fmt: skip


def test_a_group_has_smallest_median_and_largest_of_its_results(page, many, recorded):
    made = engine(recorded.url)
    with made.begin() as connection:
        for seed, accuracy in zip(SEEDS, (0.1, 0.2, 0.3, 0.6, 0.9), strict=True):
            connection.execute(
                text(
                    "UPDATE epoch_metrics JOIN runs USING (run_id) SET test_accuracy = :accuracy "
                    "WHERE experiment = 'relu_net' AND seed = :seed"
                ),
                {"accuracy": accuracy, "seed": seed},
            )
    made.dispose()
    chosen = [number for number in many if number != recorded.full]
    found = asked(page, chosen).json()["groups"][0]
    assert (found["seeds"], found["accuracy"]) == (5, [0.1, 0.3, 0.9])


def test_every_figure_over_seeds_is_drawn_and_has_its_rows(page, many):
    names = asked(page, many).json()["figures"]
    assert len(names) == 3
    for name in names:
        assert asked(page, many, f"compare/figure/{name}").json()["figure"]["data"]
        assert asked(page, many, f"compare/table/{name}").json()["rows"]


def test_a_figure_that_lays_runs_over_one_another_refuses_so_many(page, many):
    found = asked(page, many, "compare/figure/norms_compared")
    assert (found.status, found.json()["error"]) == (
        400, "12 runs are too many to show at once: choose 8.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "back", "said"),
    [
        (
            "dataset = 'mnist'", "dataset = 'sample'",
            "These runs are on several data sets (mnist, sample): choose those on one.",
        ),
        (
            "seed = NULL", "seed = 6",
            "Run {last} has no known seed or data set, so it belongs to no band over seeds.",
        ),
    ],
)  # fmt: skip
def test_runs_that_no_line_can_hold_are_refused_in_a_sentence(
    page, many, recorded, change, back, said
):
    made, last = engine(recorded.url), {"run_id": many[-1]}
    with made.begin() as connection:
        connection.execute(text(f"UPDATE runs SET {change} WHERE run_id = :run_id"), last)
    found = asked(page, many)
    with made.begin() as connection:
        connection.execute(text(f"UPDATE runs SET {back} WHERE run_id = :run_id"), last)
    made.dispose()
    assert (found.status, found.json()["error"]) == (400, said.format(last=many[-1]))


@pytest.mark.parametrize(
    ("change", "back", "note"),
    [
        ("seed = 5", "seed = 6", "1 run left out: of an experiment and a seed, the newest counts."),
        (
            "float_type = 'single'", "float_type = 'double'",
            "Runs of sigmoid_net differ in more than the seed: precision.",
        ),
    ],
)  # fmt: skip
def test_what_a_band_hides_is_said(page, many, recorded, change, back, note):
    made, last = engine(recorded.url), {"run_id": many[-1]}
    with made.begin() as connection:
        connection.execute(text(f"UPDATE runs SET {change} WHERE run_id = :run_id"), last)
    found = asked(page, many).json()["notes"]
    with made.begin() as connection:
        connection.execute(text(f"UPDATE runs SET {back} WHERE run_id = :run_id"), last)
    made.dispose()
    assert found == [note]


def test_all_runs_that_the_filter_leaves_are_chosen_at_once_and_compared(chromium, page, many):
    tab = chromium.new_page()
    tab.goto(f"{page.address}/?tab=runs&filter=sample")
    tab.get_by_label("choose all runs listed").check()
    tab.get_by_role("button", name="Compare 12 runs, as bands over seeds").click()
    tab.get_by_role("heading", name="12 runs, by experiment").wait_for()
    tab.locator("figure svg.main-svg").first.wait_for()
    tab.close()
