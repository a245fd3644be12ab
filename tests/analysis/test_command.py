"""`vanishing-gradients figures`, from the user's side."""

import re
import shutil

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from vanishing_gradients.cli import main
from vanishing_gradients.sql.connection import engine

EVERY_RUN = {
    "gradient_norm_ratio", "mean_gradient", "accuracy_and_loss", "norm_grid", "ratio_grid",
}  # fmt: skip
OF_NEURONS = {"dead_neurons", "saturated_neurons", "neuron_gradients", "update_ratio"}
SUMMED_UP = {"gradient_distribution", "noise_scale"}
RUN_1 = {f"run_1_steady_{kind}" for kind in EVERY_RUN | OF_NEURONS | SUMMED_UP}
RUN_3 = {f"run_3_swept_{kind}" for kind in EVERY_RUN}


@pytest.fixture
def figures(filled, module_database, tmp_path, monkeypatch):
    """Return a function that runs the command on the filled database, into `output`."""
    monkeypatch.setenv("DATABASE_URL", module_database.render_as_string(hide_password=False))
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "server"))
    monkeypatch.setenv("BROWSER_PATH", "/no/such/browser")

    def run(*options: str):
        return CliRunner().invoke(main, ["figures", "--output", str(tmp_path / "output"), *options])

    return run


@pytest.fixture(scope="module")
def everything(filled, module_database, tmp_path_factory):
    """(standard output, folder) of the command without options, for tests that change nothing."""
    folder = tmp_path_factory.mktemp("everything")
    return drawn(module_database, folder), folder / "output"


@pytest.fixture(scope="module")
def of_run_1(filled, module_database, tmp_path_factory):
    """(standard output, folder) of the command for run 1, for tests that change nothing."""
    folder = tmp_path_factory.mktemp("of_run_1")
    return drawn(module_database, folder, "--run", "1"), folder / "output"


def drawn(database, folder, *options: str) -> str:
    """Run the command into `folder`, where no browser is found; return what it prints."""
    environment = {
        "DATABASE_URL": database.render_as_string(hide_password=False),
        "SERVER_DIR": str(folder / "server"),
        "BROWSER_PATH": "/no/such/browser",
    }
    command = ["figures", "--output", str(folder / "output"), *options]
    said = CliRunner().invoke(main, command, env=environment)
    assert said.exit_code == 0
    return said.stdout


@pytest.fixture
def output(tmp_path):
    return tmp_path / "output"


def pages(folder) -> set[str]:
    return {path.stem for path in folder.glob("*.html")} - {"index"}


def links(folder) -> set[str]:
    return set(re.findall(r'href="(\w*)\.html"', (folder / "index.html").read_text()))


def test_every_finished_run_has_its_pages_and_experiments_are_compared(everything):
    comparisons = {"accuracy_by_experiment_mnist", "loss_by_experiment_mnist"}
    comparisons |= {"accuracy_by_experiment_sample", "loss_by_experiment_sample"}
    assert pages(everything[1]) == RUN_1 | RUN_3 | comparisons


def test_the_index_links_every_page(everything):
    _, output = everything
    assert links(output) == pages(output)


def test_a_finished_run_without_rows_is_named_and_the_others_are_drawn(everything):
    said, _ = everything
    assert re.search(r"Left out: .* has no row of run 4 \(bare, finished", said)


def test_the_command_says_what_it_wrote_and_where(of_run_1):
    said, output = of_run_1
    assert "Run 1, steady on sample: 11 figures." in said
    assert f"11 pages, and {output / 'index.html'}" in said


def test_what_older_versions_did_not_record_is_left_out_and_said_once(everything):
    said = everything[0].splitlines()
    neurons = [line for line in said if "dead and saturated neurons" in line]
    assert neurons == [
        "Left out: dead and saturated neurons, and gradients of neurons of run 3, since an "
        "older version recorded no such rows: train again to get some."
    ]
    assert any("update-to-weight ratios of run 3, since an older version" in line for line in said)


def test_what_older_versions_did_not_sum_up_is_left_out_and_said(figures, output):
    said = figures("--run", "3", "--no-png").stdout
    assert (
        "distributions and noise scales of gradients of run 3, since an older version that "
        "kept statistics alone did not compute them" in said
    )
    assert pages(output) == RUN_3


def test_only_recorded_batches_are_counted_in_distributions(figures, output, module_database):
    owner = engine(module_database)
    change = text("UPDATE runs SET record_every = :every, config = :config WHERE run_id = 1")
    try:
        with owner.begin() as connection:
            connection.execute(change, {"every": 2, "config": '{"batch_size": 3200}'})
        assert figures("--run", "1", "--no-png").exit_code == 0
    finally:
        with owner.begin() as connection:
            kept = '{"batch_size": 6400, "dropout": 0.0}'
            connection.execute(change, {"every": 1, "config": kept})
        owner.dispose()
    page = (output / "run_1_steady_gradient_distribution.html").read_text()
    assert "the one batch of an epoch" in page


def test_without_a_browser_one_sentence_says_so_and_the_pages_are_there(of_run_1):
    said, output = of_run_1
    assert "no Chromium or Chrome was found" in said
    assert pages(output) == RUN_1
    assert not list(output.glob("*.png"))


def test_a_browser_that_does_not_start_is_one_sentence_too(figures, output, monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", "/bin/false")
    result = figures("--run", "3")
    assert result.exit_code == 0
    assert "the browser does not start" in result.stdout
    assert pages(output) == RUN_3


def test_one_run_means_its_pages_alone(figures, output):
    figures("--run", "3", "--no-png")
    assert {name.split("_")[1] for name in pages(output)} == {"3"}


def test_one_experiment_means_its_finished_runs_alone(figures, output):
    figures("--exp", "steady", "--no-png")
    assert pages(output) == RUN_1


def test_the_index_keeps_pages_that_were_drawn_earlier(figures, of_run_1, output):
    shutil.copytree(of_run_1[1], output)
    figures("--run", "3", "--no-png")
    assert links(output) == pages(output) > RUN_1


def test_the_index_does_not_take_a_page_of_another_database_for_its_own(figures, of_run_1, output):
    shutil.copytree(of_run_1[1], output)
    page = output / "run_1_steady_mean_gradient.html"
    page.write_text(page.read_text().replace("finished 2025-11-25", "finished 2024-01-01"))
    figures("--run", "3", "--no-png")
    assert "run_1_steady_mean_gradient" not in links(output)
    assert "run_1_steady_gradient_norm_ratio" in links(output)


def test_drawing_again_changes_no_page(figures, everything, output):
    shutil.copytree(everything[1], output)
    before = {path.name: path.read_bytes() for path in output.iterdir()}
    figures("--no-png")
    assert {path.name: path.read_bytes() for path in output.iterdir()} == before


def test_an_image_of_a_page_that_has_changed_is_gone(figures, output):
    figures("--run", "3", "--no-png")
    kept, stale = (
        output / f"run_3_swept_{kind}" for kind in ("mean_gradient", "accuracy_and_loss")
    )
    for stem in (kept, stale):
        stem.with_suffix(".png").write_bytes(b"\x89PNG")
    stale.with_suffix(".html").write_text("an older page")
    figures("--run", "3", "--no-png")
    assert [path.name for path in output.glob("*.png")] == ["run_3_swept_mean_gradient.png"]


def test_all_pages_share_one_copy_of_plotly(everything):
    _, output = everything
    for name in pages(output):
        page = (output / f"{name}.html").read_text()
        assert re.findall(r'<script [^>]*src="([^"]*)"', page) == ["plotly.min.js"]
        assert len(page) < 100_000
    assert (output / "plotly.min.js").stat().st_size > 1_000_000


def test_every_page_fits_the_width_of_its_screen(everything):
    _, output = everything
    for path in output.glob("*.html"):
        assert '<meta name="viewport" content="width=device-width' in path.read_text()


def test_files_of_others_stay(figures, output):
    output.mkdir()
    (output / "notes.txt").write_text("mine")
    assert figures("--run", "3", "--no-png").exit_code == 0
    assert (output / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--run", "99"), "There is no run 99: `make runs` lists those there are."),
        (("--run", "2"), "Run 2 of steady is running after 1 of 2 epochs"),
        (("--run", "4"), "has no row of run 4"),
        (("--exp", "relu_sgd"), "There is no finished run of relu_sgd"),
        (("--exp", "x; DROP TABLE runs"), "'x; DROP TABLE runs' cannot name an experiment"),
        (("--run", "0"), "Error: RUN (--run): '0' is not a whole number from 1 to "),
        (("--run", "one"), "Error: RUN (--run): 'one' is not a whole number from 1 to "),
    ],
)
def test_a_wrong_choice_is_one_sentence_and_nothing_is_written(figures, output, options, sentence):
    result = figures(*options)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert not output.exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(figures, output):
    output.write_text("a file")
    result = figures("--run", "1", "--no-png")
    assert result.exit_code == 2
    assert re.search(
        r"^Error: Cannot write figures to .* choose another folder", result.stderr, re.M
    )


def test_a_server_that_is_down_is_one_sentence(figures, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://root@127.0.0.1:1/gradients")
    result = figures()
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: No server answers at 127.0.0.1:1")


def test_a_database_that_was_never_migrated_is_one_sentence(figures, database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database.render_as_string(hide_password=False))
    result = figures()
    assert result.exit_code == 2
    assert "`make migrate`" in result.stderr


def test_names_that_hold_html_are_text(figures, output, module_database):
    owner = engine(module_database)
    rename = text("UPDATE runs SET dataset = :name WHERE run_id = 1")
    try:
        with owner.begin() as connection:
            connection.execute(rename, {"name": "<script>x</script>"})
        assert figures("--no-png").exit_code == 0
    finally:
        with owner.begin() as connection:
            connection.execute(rename, {"name": "sample"})
        owner.dispose()
    for path in output.glob("*.html"):
        assert "<script>x" not in path.read_text()
