"""`vanishing-gradients audit`."""

import pandas as pd
import pytest
from click.testing import CliRunner
from sqlalchemy import URL

from vanishing_gradients.cli import main


@pytest.fixture
def audit(tmp_path, monkeypatch):
    """Return a function that runs the command on a database; the output goes to tmp_path/out."""
    monkeypatch.setenv("SERVER_DIR", str(tmp_path / "server"))
    monkeypatch.delenv("READER_DATABASE_URL", raising=False)

    def run(url: URL):
        address = url.render_as_string(hide_password=False)
        return CliRunner().invoke(
            main,
            ["audit", "--output", str(tmp_path / "out")],
            env={"DATABASE_URL": address},
            catch_exceptions=False,
        )

    return run


def test_an_empty_database_is_refused_in_one_sentence(audit, database, tmp_path):
    result = audit(database)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "make migrate" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_database_without_runs_is_refused_in_one_sentence(audit, migrated, tmp_path):
    result = audit(migrated)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "train one with `make train EXP=sigmoid_sgd`" in result.stderr
    assert not (tmp_path / "out").exists()


def test_all_claims_are_printed_counted_and_written(audit, paper_url, base, tmp_path):
    result = audit(paper_url)
    assert result.exit_code == 0
    csv = tmp_path / "out" / "audit.csv"
    frame = pd.read_csv(csv)
    assert set(frame["claim"]) == set(base)
    assert {path.name for path in csv.parent.iterdir()} == {"audit.csv", "kept.json"}
    last = result.stdout.splitlines()[-1]
    counted = sum(result.counted for result in base.values())
    assert last.startswith(f"{counted} claims put to the rows: ")
    assert "What the paper does not say, and what was assumed" in result.stdout
    assert last.endswith(f"All of them, with their queries: {csv}.")
    assert result.stdout.count("in the paper") == frame["section"].nunique()
