"""The report as a browser shows it, on a desktop and on a phone, without a network."""

import pytest

from tests.browser import DESKTOP, TELEPHONE, found_in, needs_browser
from vanishing_gradients.analysis.audit import Evidence
from vanishing_gradients.analysis.pages.report_page import write

pytestmark = needs_browser

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


@pytest.fixture(scope="module")
def folder(reader, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write(Evidence(reader, None), folder, None, say=lambda line: None)
    return folder


@pytest.fixture(scope="module", params=[TELEPHONE, DESKTOP], ids=["telephone", "desktop"])
def shown(request, folder, tmp_path_factory):
    """What the browser found, the lines on its console, and the width of the page."""
    harness = folder / f"harness_{request.param}.html"
    harness.write_text(HARNESS.format(page="report.html", width=request.param), encoding="utf-8")
    found, console = found_in(harness, tmp_path_factory.mktemp("profile"))
    return found[0], console, request.param


def test_every_figure_is_drawn(shown):
    found, _, _ = shown
    assert found["plots"] > 30
    assert found["empty"] == []


def test_the_console_is_silent(shown):
    _, console, _ = shown
    assert console == []


def test_nothing_is_wider_than_the_page(shown):
    found, _, width = shown
    assert found["content"] <= width


def test_nothing_overlaps(shown):
    found, _, _ = shown
    assert found["overlaps"] == []
