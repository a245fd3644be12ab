"""What the page is told: the same as views and commands say, or a sentence why not."""

import json

import pandas as pd
import pytest
from sqlalchemy import text

from tests.conftest import at_port
from tests.live.served import page_of
from vanishing_gradients.analysis.diagnosis import diagnose
from vanishing_gradients.analysis.live.pictures import FIGURES, OF_LAYER, OF_RUNS
from vanishing_gradients.analysis.runs import known_run
from vanishing_gradients.analysis.views import ask, rows
from vanishing_gradients.sql.connection import engine

OF_ONE_LAYER = [each.draw.__name__ for each in OF_LAYER]
COMPARED = [each.draw.__name__ for each in OF_RUNS]
OF_ONE_RUN = [name for name in FIGURES if name not in (*OF_ONE_LAYER, *COMPARED)]
PULSE = {
    "epoch": 3, "step": 4, "steps": 10, "loss": 1.25, "accuracy": 0.5, "steps_per_second": 100.0,
    "waiting_rows": 7,
}  # fmt: skip


@pytest.fixture(scope="module")
def reading(recorded):
    made = engine(recorded.url)
    yield made
    made.dispose()


@pytest.fixture
def under_way(recorded, reading):
    """Make the run one that is in its third epoch, held by a living process."""
    place = {"run_id": recorded.full}
    names = ", ".join(PULSE)
    with reading.begin() as connection:
        connection.execute(
            text(
                "UPDATE runs SET status = 'running', epochs = 5, "
                "lease_until = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR WHERE run_id = :run_id"
            ),
            place,
        )
        connection.execute(
            text(
                f"INSERT INTO run_pulse (run_id, {names}, updated_at) VALUES "
                f"(:run_id, {', '.join(f':{name}' for name in PULSE)}, UTC_TIMESTAMP(6))"
            ),
            place | PULSE,
        )
        connection.execute(
            text(
                "INSERT INTO pulse_layers (run_id, layer, epoch, step, gradient_norm, norm, zeros, "
                "below_1em5, update_ratio, non_finite, recent_median) "
                "VALUES (:run_id, 1, 3, 4, 0.5, 0.01, 0.25, 0.5, 0.001, 0, 0.02)"
            ),
            place,
        )
    yield recorded.full
    with reading.begin() as connection:
        for table in ("run_pulse", "pulse_layers"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(
            text(
                "UPDATE runs SET status = 'finished', epochs = 2, lease_until = NULL "
                "WHERE run_id = :run_id"
            ),
            place,
        )


def test_the_newest_run_is_told_of_where_none_is_named(page, recorded):
    found = page.ask("/api/pulse").json()
    assert found["newest"] == recorded.statistics
    assert list(found["runs"]) == [str(recorded.statistics)]


def test_the_pulse_says_where_a_run_is_and_what_is_conspicuous(page, under_way):
    found = page.ask(f"/api/pulse?runs={under_way}").json()
    now = found["runs"][f"{under_way}"]
    assert found["running"] == [under_way]
    assert "epoch 3 of 5, step 4 of 10, loss 1.25" in now["sentence"]
    assert {name: now["pulse"][name] for name in ("epoch", "step", "loss")} == {
        "epoch": 3, "step": 4, "loss": 1.25,
    }  # fmt: skip
    assert now["layers"] == [{"layer": 1, "norm": 0.01, "zeros": 0.25}]
    assert now["warnings"] == [
        "layer 1, input: its gradient norm is 25 times its recent median at step 4"
    ]


def test_a_run_whose_lease_has_run_out_is_said_to_have_lost_its_process(page, reading, under_way):
    with reading.begin() as connection:
        connection.execute(
            text("UPDATE runs SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND")
        )
    now = page.ask(f"/api/pulse?runs={under_way}").json()["runs"][f"{under_way}"]
    assert now["lost"]
    assert "its process is gone, after 2 of 5 epochs" in now["sentence"]


def test_a_run_that_was_removed_is_null(page):
    assert page.ask("/api/pulse?runs=999").json()["runs"] == {"999": None}


def test_the_digest_changes_with_any_run(page, reading, recorded):
    before = page.ask("/api/pulse").json()["digest"]
    assert page.ask("/api/pulse").json()["digest"] == before
    change = text("UPDATE runs SET completed_epoch = completed_epoch + :by WHERE run_id = :run_id")
    with reading.begin() as connection:
        connection.execute(change, {"by": 1, "run_id": recorded.full})
    after = page.ask("/api/pulse").json()["digest"]
    with reading.begin() as connection:
        connection.execute(change, {"by": -1, "run_id": recorded.full})
    assert after != before


def test_the_list_has_every_run(page, recorded):
    found = page.ask("/api/runs").json()["runs"]
    assert [each["run_id"] for each in found] == [recorded.full, recorded.statistics]
    assert {each["status"] for each in found} == {"finished"}


def test_the_map_has_the_norms_of_the_view(page, reading, recorded):
    flow = page.ask(f"/api/run/{recorded.full}").json()["flow"]
    with reading.connect() as connection:
        norms = rows(connection, "gradient_norms", run_id=recorded.full)
    for row in norms.itertuples():
        place = [each["layer"] for each in flow["layers"]].index(row.layer)
        found = flow["norm"][place][flow["epochs"].index(row.epoch)]
        assert found == pytest.approx(row.norm, rel=1e-4)


@pytest.mark.parametrize("what", ["norm", "ratio", "dead", "saturated"])
def test_the_sql_of_a_map_gives_its_rows(page, reading, recorded, what):
    sql = page.ask(f"/api/run/{recorded.full}").json()["flow"]["sql"][what]
    assert len(pd.read_sql(sql, reading)) > 0


def test_the_diagnosis_is_that_of_the_command(page, reading, recorded):
    found = page.ask(f"/api/run/{recorded.statistics}/diagnosis").json()
    with reading.connect() as connection:
        run = known_run(ask(connection, "experiment_summary"), recorded.statistics)
        lines = [" ".join(line.split()) for line in diagnose(connection, run)]
    assert found["lines"] == lines
    assert lines[1].startswith(found["finding"].rstrip("."))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", OF_ONE_RUN)
def test_every_figure_of_a_run_is_drawn_with_its_sql(page, reading, recorded, name, theme):
    found = page.ask(f"/api/run/{recorded.full}/figure/{name}?theme={theme}").json()
    assert found["figure"]["data"], found
    for statement in found["sql"]:
        assert len(pd.read_sql(statement, reading)) > 0


@pytest.mark.parametrize("name", [*OF_ONE_RUN, *OF_ONE_LAYER])
def test_every_figure_has_a_table(page, recorded, name):
    found = page.ask(f"/api/run/{recorded.full}/table/{name}?layer=2&neuron=1").json()
    assert found["rows"]
    assert all(len(row) == len(found["columns"]) for row in found["rows"])


@pytest.mark.parametrize("name", OF_ONE_LAYER)
def test_every_figure_of_a_layer_is_drawn(page, recorded, name):
    found = page.ask(f"/api/run/{recorded.full}/figure/{name}?layer=2&neuron=1").json()
    assert found["figure"]["data"], found


def test_a_histogram_can_be_of_the_steps_of_one_epoch(page, recorded):
    path = f"/api/run/{recorded.full}/figure/layer_histograms?layer=1&epoch=2"
    title = page.ask(path).json()["figure"]["layout"]["title"]["text"]
    assert "within epoch 2" in title


@pytest.mark.parametrize("name", COMPARED)
def test_every_figure_of_a_comparison_is_drawn(page, recorded, name):
    both = f"runs={recorded.full},{recorded.statistics}"
    assert page.ask(f"/api/compare/figure/{name}?{both}").json()["figure"]["data"]
    assert page.ask(f"/api/compare/table/{name}?{both}").json()["rows"]


def test_a_comparison_says_what_differs_first(page, recorded):
    found = page.ask(f"/api/compare?runs={recorded.full},{recorded.statistics}").json()
    assert ["activation", ["relu", "sigmoid"]] in found["differences"]
    assert [name for name, _, _ in found["outcomes"]][:2] == ["epochs", "training loss"]


def test_neurons_are_those_of_the_view(page, reading, recorded):
    found = page.ask(f"/api/run/{recorded.full}/layer/2/neurons?epoch=1").json()
    with reading.connect() as connection:
        neurons = rows(connection, "neurons", run_id=recorded.full, layer=2, epoch=1)
    assert [row[0] for row in found["rows"]] == neurons["neuron"].tolist()
    assert [row[1] for row in found["rows"]] == pytest.approx(neurons["mean_abs"], rel=1e-4)


def test_raw_rows_are_those_of_the_table_a_page_at_a_time(page, reading, recorded):
    first = page.ask(f"/api/run/{recorded.full}/layer/1/rows?epoch=2&step=3").json()
    second = page.ask(
        f"/api/run/{recorded.full}/layer/1/rows?epoch=2&step=3&row={first['next']}"
    ).json()
    assert [row[0] for row in first["rows"] + second["rows"]] == list(range(40))
    stored = pd.read_sql(first["sql"][0], reading)
    assert [row[1] for row in first["rows"]] == pytest.approx(stored["Gradient1"], rel=1e-4)
    assert first["note"] == "the first 8 of 10 columns"


def test_a_run_without_rows_says_so(page, recorded):
    found = page.ask(f"/api/run/{recorded.statistics}/layer/1/rows").json()
    assert found == {"left_out": "This run keeps statistics alone, and no rows of this layer."}


def test_a_step_that_was_not_recorded_is_said_to_have_no_rows(page, recorded):
    found = page.ask(f"/api/run/{recorded.full}/layer/1/rows?epoch=2&step=77").json()
    assert found == {"left_out": "There are no rows of step 77 in epoch 2 from row 0 on."}


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("run/999", 404, "There is no run 999: `make runs` lists those there are."),
        ("run/x", 400, "run 'x' is not a whole number of at least 1."),
        ("run/0", 400, "run '0' is not a whole number of at least 1."),
        ("run/1e3", 400, "run '1e3' is not a whole number of at least 1."),
        ("run/99999999999", 400, "run '99999999999' is not a whole number of at least 1."),
        ("pulse?runs=1,x", 400, "run 'x' is not a whole number of at least 1."),
        ("pulse?runs=1,2,3,4,5,6,7,8,9", 400, "9 runs are too many to show at once: choose 8."),
        ("compare?runs=1", 400, "A comparison takes at least two runs: choose them in the list."),
        ("compare?runs=1,999", 404, "There is no run 999: `make runs` lists those there are."),
        ("run/1/figure/__init__", 404, "There is no figure '__init__'"),
        ("run/1/figure/layer_course", 400, "This figure is of one layer: name it, as in ?layer=1."),
        ("run/1/layer/99/rows", 404, "Run 1 has layers 1 to 6: there is no layer 99."),
        ("run/1/layer/1/rows?step=-1", 400, "step '-1' is not a whole number of at least 1."),
        ("run/1/layer/1'--/rows", 400, 'layer "1\'--" is not a whole number of at least 1.'),
    ],
)
def test_a_request_for_what_is_not_there_gets_a_sentence(page, path, status, sentence):
    answer = page.ask(f"/api/{path}")
    assert answer.status == status
    assert answer.json()["error"].startswith(sentence)


def test_a_database_that_is_away_is_said_without_its_address(recorded):
    with page_of(at_port(recorded.url, 1)) as page:
        answer = page.ask("/api/pulse")
    assert (answer.status, answer.json()) == (503, {"error": "The database does not answer."})


def test_no_answer_has_the_databases_address_or_account(page, recorded):
    paths = ["pulse", "runs", f"run/{recorded.full}", f"run/{recorded.full}/diagnosis"]
    secrets = (recorded.url.password, str(recorded.url.port), recorded.url.database)
    for path in paths:
        told = page.ask(f"/api/{path}").text
        for secret in filter(None, secrets):
            assert secret not in told, path


def test_answers_are_json_that_any_parser_takes(page, recorded):
    """Python's own writes NaN, which browsers refuse."""

    def refuse(name: str):
        raise AssertionError(name)

    for path in ("pulse", "runs", f"run/{recorded.full}", f"run/{recorded.full}/table/norm_grid"):
        json.loads(page.ask(f"/api/{path}").text, parse_constant=refuse)
