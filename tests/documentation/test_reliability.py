"""The promises of docs/reliability.md name tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = sorted(
    set(re.findall(r"tests/[a-z_/]+(?:\.py)?", (ROOT / "docs/reliability.md").read_text()))
)
FAULTS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/faults/test_*.py"))


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_a_promise_names_is_there(name):
    path = ROOT / name
    files = [path] if path.suffix else list(path.glob("test_*.py"))
    assert any(re.search(r"^def test_", file.read_text(), re.M) for file in files)


@pytest.mark.parametrize("name", FAULTS)
def test_every_test_of_faults_shows_a_promise(name):
    assert name in NAMED
