"""The README, the pages of docs/ and the code agree."""

import re
import tomllib
from pathlib import Path

import pytest

from tools import licences
from vanishing_gradients.sql.objects import newest, versions

ROOT = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
}
WITHOUT_LINKS = {"docs/benchmarks.md", "docs/licences.md", "docs/upgrading.md"}
README, COMMANDS = PAGES["README.md"], PAGES["docs/commands.md"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.M))
VARIABLES = set(re.search(r"^VARIABLES := ((?:.*\\\n)*.*)$", MAKEFILE, re.M)[1].split())


def spelled(object_name: str) -> str:
    """A view's name as the README writes it: {l} for a layer, {l+1} for the next, {exp}."""
    for placeholder, short in (("experiment", "exp"), ("next_layer", "l+1"), ("layer", "l")):
        object_name = object_name.replace(f"{{{placeholder}}}", f"{{{short}}}")
    return object_name


def test_the_readme_is_short():
    assert len(README.encode()) < 12_000


def test_every_page_of_the_documentation_is_reached_from_the_readme():
    named = set(re.findall(r"\]\(((?:docs/)?[a-zA-Z_]+\.md)\)", README))
    assert PAGES.keys() - named == {"README.md"}


def test_every_target_of_the_menu_is_in_the_table_of_commands():
    assert set(re.findall(r"^\| `make ([a-z-]+)` \|", COMMANDS, re.M)) == TARGETS


@pytest.mark.parametrize("page", PAGES)
def test_every_make_command_in_the_text_exists(page):
    code = "".join(re.findall(r"`[^`]+`", PAGES[page]))
    assert set(re.findall(r"\bmake ([a-z-]+)\b", code)) <= TARGETS


def test_every_view_in_the_text_exists():
    views = {spelled(newest(name).object_name) for name in versions("views")}
    named = set(re.findall(r"^\| `([a-z_{}+1]+)` \| run", README, re.M))
    assert len(named) >= 8
    assert named <= views


def test_every_variable_in_the_table_is_one_that_the_makefile_knows():
    table = re.findall(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \|", COMMANDS, re.M)
    names = {name for cell in table for name in re.findall(r"`([A-Z_]+)`", cell)}
    assert {"EXP", "DATASET", "PRECISION"} <= names <= VARIABLES


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_leads_somewhere(page):
    targets = re.findall(r"\]\((?!https?://)([^)#]+)\)", PAGES[page])
    assert bool(targets) == (page not in WITHOUT_LINKS)
    folder = (ROOT / page).parent
    assert [target for target in targets if not (folder / target).exists()] == []


def test_every_file_that_the_page_on_the_house_names_is_there():
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", PAGES["docs/architecture.md"])
    assert len(named) > 8
    assert [each for each in named if not (ROOT / each).exists()] == []


def test_the_widest_layer_with_a_table_is_the_one_the_recorder_knows():
    from vanishing_gradients.telemetry.recording import WIDTH_MAX

    assert f"at most {WIDTH_MAX} neurons" in PAGES["docs/servers.md"]


def test_the_oldest_servers_are_those_the_code_takes():
    from vanishing_gradients.sql.brands import BRANDS, dotted

    for brand in BRANDS:
        assert f"{brand.name} {dotted(brand.oldest)}" in PAGES["docs/servers.md"]


def test_licences_are_those_of_the_versions_in_the_lock():
    rows = re.findall(r"^\| ([a-z0-9._-]+) \| (\d\S*) \| (.+) \|$", PAGES["docs/licences.md"], re.M)
    assert {(name, version) for name, version, _ in rows} <= set(licences.locked().items())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    direct = {re.match(r"[a-z0-9-]+", each)[0] for each in project["dependencies"]}
    assert direct <= {name for name, _, _ in rows}


def test_a_licence_is_what_a_package_says():
    assert licences.licence("numpy").startswith("BSD-3-Clause")
    assert licences.licence("alembic") == "MIT"
    assert licences.licence("no-such-package") is None
