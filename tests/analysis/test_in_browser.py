"""The pages as a browser shows them, on a desktop and on a phone, without a network."""

import re

import numpy as np
import pytest

from tests.browser import DESKTOP, TELEPHONE, found_in, needs_browser
from vanishing_gradients.analysis.pages.figures_page import draw_run, write
from vanishing_gradients.analysis.runs import finished_runs
from vanishing_gradients.analysis.views import ask

pytestmark = needs_browser

# Pages in frames of given widths; once all are drawn, their contents.
HARNESS = """<!DOCTYPE html><meta charset="utf-8">
{frames}
<script>
addEventListener('load', () => setTimeout(() => {{
  const found = [...document.querySelectorAll('iframe')].map(frame => {{
    const page = frame.contentDocument, timing = frame.contentWindow.performance;
    return {{
      name: frame.dataset.name,
      width: frame.width,
      content: page.documentElement.scrollWidth,
      drawings: page.querySelectorAll('svg.main-svg').length,
      traces: page.querySelectorAll('g.trace.scatter').length,
      maps: page.querySelectorAll('g.hm, g.heatmaplayer > g').length,
      legend: [...page.querySelectorAll('.legendtext')].map(entry => entry.textContent),
      menus: page.querySelectorAll('g.updatemenu-header-group').length,
      levels: page.querySelectorAll('.shapelayer path[data-index]').length,
      title: [...page.querySelectorAll('.gtitle')].map(title => title.textContent).join(''),
      broken: [...page.images].filter(image => image.complete && !image.naturalWidth).length,
      requests: timing.getEntriesByType('resource').map(entry => entry.name),
    }};
  }});
  const result = document.createElement('pre');
  result.textContent = JSON.stringify(found);
  document.body.append(result);
}}, 1000));
</script>"""


def opened(folder, pages, profile):
    """Return what the browser shows of `pages`, (name, width), in `folder`, by page."""
    frames = "\n".join(
        f'<iframe data-name="{page}" src="{page}" width="{width}" height="900"></iframe>'
        for page, width in pages
    )
    harness = folder / "harness.html"
    harness.write_text(HARNESS.format(frames=frames), encoding="utf-8")
    found, _ = found_in(harness, profile)
    harness.unlink()
    return {(each["name"], int(each["width"])): each for each in found}


@pytest.fixture(scope="module")
def folder(filled, tmp_path_factory):
    """A folder with all figures, as pages; those of run 3 as PNG as well."""
    folder = tmp_path_factory.mktemp("figures")
    with filled.connect() as connection:
        write(connection, folder, images=False, say=lambda line: None)
        write(connection, folder, run_id=3, say=lambda line: None)
    return folder


@pytest.fixture(scope="module")
def shown(folder, tmp_path_factory):
    pages = [(path.name, TELEPHONE) for path in sorted(folder.glob("*.html"))]
    pages += [("index.html", DESKTOP), ("run_1_steady_gradient_norm_ratio.html", DESKTOP)]
    return opened(folder, pages, tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def drawn(filled):
    """The figures of every run, by the name of the page."""
    with filled.connect() as connection:
        runs = finished_runs(ask(connection, "experiment_summary"))
        return {
            f"{page.name}.html": figure
            for run in runs
            for page, figure in draw_run(connection, run)[0].items()
        }


def count(figure, kind):
    """Return how many traces of a kind a page shows initially, before its menu is used."""
    shown = [trace for trace in figure.data if trace.type == kind and trace.visible is not False]
    # A map without a single number is not drawn.
    return sum(kind != "heatmap" or not np.isnan(trace.z).all() for trace in shown)


def test_every_page_was_opened(shown):
    pages = {name for name, _ in shown}
    assert len(pages) == 21
    assert "index.html" in pages


def test_every_trace_of_every_figure_is_drawn(shown, drawn):
    expected = {name: count(figure, "scatter") for name, figure in drawn.items()}
    assert {name: shown[name, TELEPHONE]["traces"] for name in drawn} == expected
    expected = {name: count(figure, "heatmap") for name, figure in drawn.items()}
    assert {name: shown[name, TELEPHONE]["maps"] for name in drawn} == expected
    assert all(shown[name, TELEPHONE]["drawings"] for name in drawn)


def test_every_threshold_of_every_figure_is_drawn(shown, drawn):
    expected = {name: len(figure.layout.shapes) for name, figure in drawn.items()}
    assert {name: shown[name, TELEPHONE]["levels"] for name in drawn} == expected
    assert sum(expected.values()) == 18


def test_every_mark_of_a_map_is_in_the_legend(shown, drawn):
    for name, figure in drawn.items():
        if "_grid" in name or "_neurons" in name:
            entries = [trace.name for trace in figure.data if trace.name]
            assert shown[name, TELEPHONE]["legend"] == entries


def test_every_menu_is_drawn(shown, drawn):
    expected = {name: len(figure.layout.updatemenus) for name, figure in drawn.items()}
    assert {name: shown[name, TELEPHONE]["menus"] for name in drawn} == expected
    assert sum(expected.values()) == 2


def test_every_figure_shows_its_title(shown, drawn):
    for name, figure in drawn.items():
        text = re.sub("<[^>]*>", "", figure.layout.title.text)
        assert shown[name, TELEPHONE]["title"] == text


def test_no_page_is_wider_than_its_screen(shown):
    wide = {key: each["content"] for key, each in shown.items() if each["content"] > key[1]}
    assert wide == {}


def test_no_page_asks_the_network_for_anything(shown):
    asked = {request for each in shown.values() for request in each["requests"]}
    assert {request.partition(":")[0] for request in asked} <= {"file", "data", "blob"}


def test_a_page_that_asks_the_network_would_be_noticed(tmp_path, tmp_path_factory):
    (tmp_path / "page.html").write_text('<img src="http://example.org/picture.png">')
    shown = opened(tmp_path, [("page.html", TELEPHONE)], tmp_path_factory.mktemp("profile"))
    assert shown["page.html", TELEPHONE]["requests"] == ["http://example.org/picture.png"]


def test_the_index_shows_a_picture_of_every_figure_that_has_one(folder, shown):
    pictures = re.findall(r'<img src="([^"]*)"', (folder / "index.html").read_text())
    assert set(pictures) == {path.name for path in folder.glob("*.png")}
    assert len(pictures) == 5
    assert shown["index.html", DESKTOP]["broken"] == 0


def test_every_picture_is_a_png_of_twice_the_size(folder):
    for path in folder.glob("*.png"):
        head = path.read_bytes()[:24]
        assert head.startswith(b"\x89PNG")
        assert int.from_bytes(head[16:20], "big") == 2000
