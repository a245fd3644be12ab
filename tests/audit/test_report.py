"""The report on the paper's experiments, also if some or all of them are missing, and as a browser
shows it, on a desktop and on a phone, without a network."""

import re
from html import unescape

import pytest
from click.testing import CliRunner

from tests.audit import world
from tests.browser import DESKTOP, TELEPHONE, found_in, needs_browser
from vanishing_gradients.analysis import paper
from vanishing_gradients.analysis.audit import Evidence
from vanishing_gradients.analysis.audit.catalogue import CLAIMS
from vanishing_gradients.analysis.audit.output import CSV
from vanishing_gradients.analysis.errors import NoRowsError
from vanishing_gradients.analysis.pages.report_page import REPORT, missing, write
from vanishing_gradients.cli import main
from vanishing_gradients.sql.connection import engine

MEGABYTE = 1_000_000
CONTROLS = f"run_id - {len(paper.EXPERIMENTS) * sum(map(len, world.SEEDS.values()))}"
"""In SQL the number of a control among them, or none above 0."""
ALONE = "UPDATE runs SET status = 'interrupted' WHERE dataset <> '{}' OR experiment NOT IN ({})"

# The report in a frame; once all is drawn: its figures, what overflows, and what overlaps.
HARNESS = """<!DOCTYPE html><meta charset="utf-8">
<iframe src="{page}" width="{width}" height="900"></iframe>
<script>
addEventListener('load', () => setTimeout(() => {{
  const page = document.querySelector('iframe').contentDocument;
  const box = element => element.getBoundingClientRect();
  const blocks = [...page.querySelectorAll('section > *, figure > *')].filter(e => box(e).height);
  const overlaps = [];
  for (const first of blocks) {{
    const second = first.nextElementSibling;
    if (second && box(second).height && box(second).top < box(first).bottom - 1)
      overlaps.push(first.outerHTML.slice(0, 80));
  }}
  const plots = [...page.querySelectorAll('.plotly-graph-div')];
  const result = document.createElement('pre');
  result.textContent = JSON.stringify([{{
    content: page.documentElement.scrollWidth,
    plots: plots.length,
    empty: plots.filter(plot => !plot.querySelector('.main-svg .trace, .main-svg .shapelayer path'))
      .map(plot => plot.id),
    overlaps,
  }}]);
  document.body.append(result);
}}, 3000));
</script>"""


def written(evidence: Evidence, folder, run_id=None) -> str:
    path = write(evidence, folder, run_id, say=lambda line: None)
    return path.read_text(encoding="utf-8")


def section(page: str, name: str) -> str:
    """Return the text of a section, without its tags."""
    found = re.search(rf'<section id="{name}">(.*?)</section>', page, re.S)
    assert found, f"there is no section {name}"
    plain = re.sub(r"<script.*?</script>|<[^>]+>", " ", found[1], flags=re.S)
    return re.sub(r"\s+", " ", unescape(plain))


@pytest.fixture(scope="module")
def folder(reader, paper_url, tmp_path_factory):
    """The report on the original rows, and the files next to it.

    Of the controls, each of which has a section that looks as the others do, two are shown.
    """
    folder = tmp_path_factory.mktemp("report")
    owner = engine(paper_url)
    with owner.begin() as connection:
        connection.exec_driver_sql(f"UPDATE runs SET status = 'failed' WHERE {CONTROLS} > 2")
    written(Evidence(reader, None), folder)
    with owner.begin() as connection:
        connection.exec_driver_sql(f"UPDATE runs SET status = 'finished' WHERE {CONTROLS} > 2")
    owner.dispose()
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return (folder / REPORT).read_text(encoding="utf-8")


def test_every_claim_has_a_row(page):
    rows = set(re.findall(r'<tr id="claim-([^"]+)">', page))
    assert rows == {claim.name.replace("_", "-") for claim in CLAIMS}


@pytest.mark.parametrize("number", [*range(1, 6), 10, 11, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23])
def test_every_figure_of_the_paper_has_its_own(page, number):
    captions = re.findall(r"<(?:figcaption|caption)><b>(Figures? [\d and]+)\b", page)
    assert any(re.search(rf"\b{number}\b", caption) for caption in captions)


def test_figures_17_and_18_are_one(page):
    assert "Figures 17 and 18 of the paper" in page


@pytest.mark.parametrize("number", range(1, 13))
def test_every_table_of_the_paper_has_its_own(page, number):
    assert f"<b>Table {number}.</b>" in page


def test_the_papers_value_stands_below_ours(page):
    assert '<span class="printed">1.224744871</span>' in page


def test_a_stored_table_stands_beside_the_plain_one(page):
    assert "110 of the paper's 110 cells agree" in page


def test_every_section_is_in_the_contents(page):
    contents = set(re.findall(r'<a href="#([^"]+)">', page[: page.index("</nav>")]))
    sections = set(re.findall(r'<section id="([^"]+)">', page))
    assert sections <= contents


def test_every_link_within_the_page_leads_somewhere(page):
    places = set(re.findall(r'\bid="([^"]+)"', page))
    assert {link for link in re.findall(r'href="#([^"]+)"', page) if link not in places} == set()


def test_nothing_is_loaded_from_anywhere(page):
    assert re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?!data:)[^"]*"', page) == []


def test_the_file_is_light(page):
    assert len(page.encode()) < 15 * MEGABYTE


def test_every_question_is_answered(page):
    told = section(page, "questions-fashion-mnist")
    assert [f"{number}." in told for number in range(1, 6)] == [True] * 5
    assert "cannot be answered" not in told


def test_the_seed_is_named_as_the_unit_of_replication(page):
    assert "the unit of replication is the seed" in section(page, "hypotheses-fashion-mnist")


def test_too_few_seeds_are_said_to_be_too_few(page):
    assert "cannot reject at this n" in section(page, "hypotheses-mnist")


def test_every_run_has_its_configuration(page):
    told = section(page, "configurations")
    assert all(f"run {run_id} (seed" in told for run_id in (1, 12, 13, 48))


def test_the_audit_lies_beside_it_as_csv(folder):
    assert (folder / CSV).read_text(encoding="utf-8").count("\n") > len(CLAIMS)


def test_a_missing_experiment_is_named_with_the_command_that_gets_it(evidence, change):
    change("UPDATE runs SET status = 'interrupted' WHERE experiment = 'relu_adam'")
    assert (
        "There is no run of relu_adam on fashion-mnist as the paper has it: "
        "`make train EXP=relu_adam DATASET=fashion-mnist`."
    ) in missing(evidence())


def test_statistics_alone_are_said_to_show_nothing_of_storage(evidence):
    assert any("relu_adam on mnist has its gradients" in line for line in missing(evidence()))


def test_few_seeds_are_said_to_be_few(evidence):
    assert any("On mnist there are 3 seeds" in line for line in missing(evidence()))


def test_runs_that_do_not_count_are_named_with_the_reason_and_shown_if_asked_for(
    evidence, change, tmp_path
):
    change(ALONE.format("fashion-mnist", "'relu_adam', 'relu_sgd', 'sigmoid_sgd'"))
    change("UPDATE runs SET status = 'running', completed_epoch = 3 WHERE run_id = 14")
    change(
        "UPDATE runs SET config = JSON_SET(config, '$.hidden_widths', JSON_ARRAY(64, 64)) "
        "WHERE experiment = 'sigmoid_sgd'"
    )
    page = written(evidence(), tmp_path, run_id=17)
    told = section(page, "missing")
    assert re.search(r"14 \(relu_adam\): it is running after 3 of 10 epochs", told)
    assert "hidden_widths is [64, 64]" in told
    assert section(page, "run-17")
    assert "Not counted in the audit" in page
    assert "<b>Table 8.</b>" in page


def test_a_run_that_does_not_exist_leaves_no_report(evidence, tmp_path):
    with pytest.raises(NoRowsError, match="no run 999"):
        written(evidence(), tmp_path / "new", run_id=999)
    assert not (tmp_path / "new").exists()


def test_without_any_run_the_report_says_what_is_missing(empty_reader, tmp_path):
    page = written(Evidence(empty_reader, None), tmp_path)
    assert "make train EXP=all DATASET=mnist" in section(page, "missing")
    assert "Figure 3 of the paper" in page
    assert "<b>Table 8.</b>" not in page


def test_the_command_makes_the_same_report_of_the_same_rows(
    evidence, change, paper_url, monkeypatch, tmp_path
):
    change(ALONE.format("fashion-mnist", "'relu_sgd', 'sigmoid_sgd'"))
    page = written(evidence(), tmp_path / "once")
    for name in ("DATABASE_URL", "READER_DATABASE_URL"):
        monkeypatch.setenv(name, paper_url.render_as_string(hide_password=False))
    shown = CliRunner().invoke(main, ["report", "--output", str(tmp_path)])
    assert shown.exit_code == 0, shown.output
    assert str(tmp_path / REPORT) in shown.output
    made_at = re.compile(r"made \d.*? UTC")
    again = (tmp_path / REPORT).read_text(encoding="utf-8")
    assert "ReLU against sigmoid, both with SGD" in again  # with an interval of random resampling
    assert made_at.sub("", again) == made_at.sub("", page)


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(paper_url, monkeypatch, tmp_path):
    for name in ("DATABASE_URL", "READER_DATABASE_URL"):
        monkeypatch.setenv(name, paper_url.render_as_string(hide_password=False))
    file = tmp_path / "file"
    file.write_text("")
    shown = CliRunner().invoke(main, ["report", "--output", str(file / "report")])
    assert shown.exit_code == 2
    assert "choose another folder with OUTPUT" in shown.output


@pytest.fixture(scope="module", params=[TELEPHONE, DESKTOP], ids=["telephone", "desktop"])
def shown(request, folder, tmp_path_factory):
    """What the browser found, the lines on its console, and the width of the page."""
    harness = folder / f"harness_{request.param}.html"
    harness.write_text(HARNESS.format(page="report.html", width=request.param), encoding="utf-8")
    found, console = found_in(harness, tmp_path_factory.mktemp("profile"))
    return found[0], console, request.param


@needs_browser
def test_every_figure_is_drawn(shown):
    found, _, _ = shown
    assert found["plots"] > 30
    assert found["empty"] == []


@needs_browser
def test_the_console_is_silent(shown):
    _, console, _ = shown
    assert console == []


@needs_browser
def test_nothing_is_wider_than_the_page(shown):
    found, _, width = shown
    assert found["content"] <= width


@needs_browser
def test_nothing_overlaps(shown):
    found, _, _ = shown
    assert found["overlaps"] == []
