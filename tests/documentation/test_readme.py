"""The README and the code say the same."""

import re
from pathlib import Path

import pytest

from vanishing_gradients.sql.objects import newest, versions

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.M))


def spelled(object_name: str) -> str:
    """A view's name as the README writes it: {l} for a layer, {l+1} for the next, {exp}."""
    for placeholder, short in (("experiment", "exp"), ("next_layer", "l+1"), ("layer", "l")):
        object_name = object_name.replace(f"{{{placeholder}}}", f"{{{short}}}")
    return object_name


def test_every_target_of_the_menu_is_in_the_table_of_commands():
    assert set(re.findall(r"^\| `make ([a-z-]+)` \|", README, re.M)) == TARGETS


def test_every_make_command_in_the_text_exists():
    assert (
        set(re.findall(r"\bmake ([a-z-]+)\b", "".join(re.findall(r"`[^`]+`", README)))) <= TARGETS
    )


def test_every_view_in_the_text_exists():
    views = {spelled(newest(name).object_name) for name in versions("views")}
    named = set(re.findall(r"^\| `([a-z_{}+1]+)` \| run", README, re.M))
    assert len(named) >= 8
    assert named <= views


def test_every_variable_is_one_that_the_makefile_knows():
    table = re.findall(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \|", README, re.M)
    names = {name for cell in table for name in re.findall(r"`([A-Z_]+)`", cell)}
    known = set(re.search(r"^VARIABLES := ((?:.*\\\n)*.*)$", MAKEFILE, re.M)[1].split())
    assert {"EXP", "DATASET", "PRECISION"} <= names <= known


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/views.md"])
def test_every_link_and_picture_leads_somewhere(page):
    path = ROOT / page
    targets = re.findall(r"\]\((?!https?://)([^)#]+)\)", path.read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_file_that_the_page_on_the_house_names_is_there():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", page)
    assert len(named) > 8
    assert [each for each in named if not (ROOT / each).exists()] == []


def test_the_widest_layer_is_the_one_experiments_allow():
    from vanishing_gradients.trainer.experiments.experiment import WIDTH_MAX

    assert f"at most {WIDTH_MAX} neurons" in README


def test_the_oldest_servers_are_those_the_code_takes():
    from vanishing_gradients.sql.connection import OLDEST

    mysql, mariadb = (".".join(map(str, OLDEST[name])) for name in ("mysql", "mariadb"))
    assert f"MySQL {mysql} or 9, MariaDB {mariadb} or newer" in README
