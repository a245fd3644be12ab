"""`vanishing-gradients compare`, from the user's side."""

import re

import pytest
from click.testing import CliRunner

from vanishing_gradients.cli import main


@pytest.fixture
def compare(filled, module_database, tmp_path, monkeypatch):
    """Return a function that runs the command on the filled database, into `output`."""
    monkeypatch.setenv("DATABASE_URL", module_database.render_as_string(hide_password=False))
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "server"))
    monkeypatch.setenv("BROWSER_PATH", "/no/such/browser")

    def run(*options: str):
        folder = str(tmp_path / "output")
        return CliRunner().invoke(main, ["compare", "--output", folder, *options])

    return run


@pytest.fixture
def output(tmp_path):
    return tmp_path / "output"


def cells(said: str, name: str) -> list[str]:
    """Return the cells of the row with this name in a printed table."""
    row = next(line for line in said.splitlines() if line.startswith(f"│ {name} "))
    return [cell.strip() for cell in row.strip("│").split("│")][1:]


def test_what_differs_comes_first_then_what_came_of_it(compare):
    said = compare("--runs", "1,swept", "--no-png").stdout
    assert said.index("What differs") < said.index("Results of the last epoch")
    assert cells(said, "data set") == ["sample", "mnist"]
    assert cells(said, "telemetry") == ["full", "statistics"]
    assert cells(said, "batch_size") == ["6400", "\N{EN DASH}"]
    assert "seed" not in said.partition("Results of the last epoch")[0]


def test_outcomes_are_those_of_the_rows(compare):
    said = compare("--runs", "1,3", "--no-png").stdout
    assert cells(said, "test accuracy") == ["20.00%", "20.00%"]
    assert cells(said, "training loss") == ["not finite", "0.5"]
    assert cells(said, "smallest dense norm") == ["0 (layer 3)", "2 (layer 1)"]
    assert cells(said, "largest dense norm") == ["0 (layer 3)", "32 (layer 3)"]
    assert cells(said, "first / last dense norm") == ["not finite", "0.0625"]


def test_what_a_run_did_not_record_is_called_so(compare):
    said = compare("--runs", "1,3", "--no-png").stdout
    assert cells(said, "dead neurons") == ["100.0% (2 of 2)", "not recorded"]
    assert cells(said, "saturated values") == ["75.0%", "not recorded"]
    assert cells(said, "update / weights") == ["0.0005", "not recorded"]


def test_runs_on_different_data_sets_are_compared_and_it_is_said(compare, output):
    said = compare("--runs", "1,3", "--no-png")
    sentence = "The runs are on different data sets (mnist, sample)"
    assert said.exit_code == 0
    assert sentence in said.stdout
    assert sentence in (output / "index.html").read_text()


def test_the_page_holds_tables_and_figures_and_asks_no_network(compare, output):
    compare("--runs", "1,3", "--no-png")
    page = (output / "index.html").read_text()
    assert re.findall(r'<div id="(\w+)" class="plotly-graph-div"', page) == [
        "curves", "norms", "first_to_last",
    ]  # fmt: skip
    assert re.findall(r'<script [^>]*src="([^"]*)"', page) == ["plotly.min.js"]
    assert (output / "plotly.min.js").exists()
    assert (
        page.index("What differs")
        < page.index("Results of the last epoch")
        < page.index('id="curves"')
    )


def test_without_a_browser_one_sentence_says_so_and_the_page_is_there(compare, output):
    result = compare("--runs", "1,3")
    assert result.exit_code == 0
    assert "no Chromium or Chrome was found" in result.stdout
    assert (output / "index.html").exists()


def test_images_of_an_earlier_comparison_are_gone(compare, output):
    output.mkdir()
    (output / "norms.png").write_bytes(b"\x89PNG")
    (output / "mine.png").write_bytes(b"\x89PNG")
    compare("--runs", "1,3", "--no-png")
    assert [path.name for path in output.glob("*.png")] == ["mine.png"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "Say which runs to compare"),
        (("--runs", ""), "Say which runs to compare"),
        (("--runs", "1"), "at least two runs"),
        (("--runs", "1,99"), "There is no run 99: `make runs` lists those there are."),
        (("--runs", "1,2"), "Run 2 of steady is running after 1 of 2 epochs"),
        (("--runs", "1,no such"), "'no such' is neither the number of a run nor the name"),
        (("--runs", "1,relu_sgd"), "There is no finished run of relu_sgd"),
    ],
)
def test_a_wrong_choice_is_one_sentence_and_nothing_is_written(compare, output, options, sentence):
    result = compare(*options)
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert not output.exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(compare, output):
    output.write_text("a file")
    result = compare("--runs", "1,3", "--no-png")
    assert result.exit_code == 2
    assert "choose another folder with OUTPUT" in result.stderr


def test_a_database_that_was_never_migrated_is_one_sentence(compare, database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database.render_as_string(hide_password=False))
    result = compare("--runs", "1,3")
    assert result.exit_code == 2
    assert "`make migrate`" in result.stderr
