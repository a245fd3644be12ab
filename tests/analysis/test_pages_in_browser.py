"""Clicked menus, and the pages of comparison and gallery, as a browser shows them."""

import pytest

from tests.browser import DESKTOP, TELEPHONE, found_in, needs_browser
from vanishing_gradients.analysis.pages import compare_page, figures_page, gallery_page
from vanishing_gradients.analysis.runs import chosen_runs
from vanishing_gradients.analysis.views import ask

pytestmark = needs_browser

# Opens the menu of a page, chooses its last entry, and returns what is visible then.
CLICK = """<!DOCTYPE html><meta charset="utf-8">
<iframe src="{page}" width="1000" height="1200"></iframe>
<script>
const touch = (element, kind) => element.dispatchEvent(new MouseEvent(kind, {{bubbles: true}}));
addEventListener('load', () => setTimeout(() => {{
  const page = document.querySelector('iframe').contentDocument;
  touch(page.querySelector('.updatemenu-header'), 'click');
  setTimeout(() => {{
    const buttons = [...page.querySelectorAll('.updatemenu-dropdown-button')];
    touch(buttons.at(-1), 'click');
    setTimeout(() => {{
      const plot = page.querySelector('.plotly-graph-div');
      const result = document.createElement('pre');
      result.textContent = JSON.stringify([{{
        entries: buttons.map(button => button.textContent),
        visible: plot._fullData.map(trace => trace.visible),
        bars: plot._fullData.filter(trace => trace.type === 'bar').map(trace => [...trace.y]),
        legend: [...page.querySelectorAll('.legendtext')].map(entry => entry.textContent),
        header: page.querySelector('.updatemenu-header').textContent,
      }}]);
      document.body.append(result);
    }}, 700);
  }}, 700);
}}, 1000));
</script>"""

WIDTHS = """<!DOCTYPE html><meta charset="utf-8">
{frames}
<script>
addEventListener('load', () => setTimeout(() => {{
  const found = [...document.querySelectorAll('iframe')].map(frame => {{
    const page = frame.contentDocument, timing = frame.contentWindow.performance;
    return {{
      name: frame.getAttribute('src'),
      width: Number(frame.width),
      content: page.documentElement.scrollWidth,
      plots: page.querySelectorAll('.plotly-graph-div .main-svg').length,
      requests: timing.getEntriesByType('resource').map(entry => entry.name),
    }};
  }});
  const result = document.createElement('pre');
  result.textContent = JSON.stringify(found);
  document.body.append(result);
}}, 1500));
</script>"""


@pytest.fixture(scope="module")
def folder(filled, tmp_path_factory):
    """A folder with the figures of run 1, a comparison and the gallery."""
    folder = tmp_path_factory.mktemp("pages")
    with filled.connect() as connection:
        figures_page.write(connection, folder, run_id=1, images=False, say=lambda line: None)
        runs = chosen_runs(ask(connection, "experiment_summary"), "1,3")
        compare_page.write(connection, runs, folder / "compare", images=True, say=lambda line: None)
        gallery_page.write(connection, folder / "gallery", say=lambda line: None)
    return folder


@pytest.fixture
def click(folder, tmp_path_factory):
    """Return a function that chooses the last entry of a page's menu and returns what is shown."""

    def choose(page):
        harness = folder / "harness.html"
        harness.write_text(CLICK.format(page=page), encoding="utf-8")
        ((found,), _) = found_in(harness, tmp_path_factory.mktemp("profile"))
        harness.unlink()
        return found

    return choose


@pytest.fixture(scope="module")
def shown(folder, tmp_path_factory):
    pages = [
        (f"{name}/index.html", width)
        for name in ("compare", "gallery")
        for width in (TELEPHONE, DESKTOP)
    ]
    frames = "".join(
        f'<iframe src="{page}" width="{width}" height="900"></iframe>' for page, width in pages
    )
    harness = folder / "widths.html"
    harness.write_text(WIDTHS.format(frames=frames), encoding="utf-8")
    found, _ = found_in(harness, tmp_path_factory.mktemp("profile"))
    return found


def test_the_menu_of_neurons_shows_the_chosen_layer_alone(click):
    found = click("run_1_steady_neuron_gradients.html")
    names = ["layer_1_input", "layer_2_sigmoid", "layer_3_hidden", "layer_4_softmax"]
    assert found["entries"] == names
    assert found["header"].startswith("layer_4_softmax")
    assert found["legend"] == ["exactly zero: dead"]
    # The maps of four layers, marks of dead neurons in two of them, and the legend.
    assert found["visible"] == [False] * 5 + [True] * 2


def test_the_menu_of_distributions_changes_the_bars(click):
    found = click("run_1_steady_gradient_distribution.html")
    assert found["entries"][-1] == "Bars: layer_4_softmax"
    first, last = found["bars"]
    assert max(first) == 0.5  # -6 and 8 differ in their power of two
    assert last[0] == 1  # and in the last epoch all are zero


def test_no_page_is_wider_than_its_screen(shown):
    assert len(shown) == 4
    assert [each for each in shown if each["content"] > each["width"]] == []


def test_every_figure_is_drawn(shown):
    for each in shown:
        assert each["plots"] >= (3 if each["name"].startswith("compare") else 2)


def test_no_page_asks_the_network_for_anything(shown):
    asked = {request for each in shown for request in each["requests"]}
    assert {request.partition(":")[0] for request in asked} <= {"file", "data", "blob"}


def test_every_figure_of_a_comparison_has_a_picture_of_its_own_height(folder):
    heights = {}
    for path in (folder / "compare").glob("*.png"):
        head = path.read_bytes()[:24]
        assert int.from_bytes(head[16:20], "big") == 2000
        heights[path.stem] = int.from_bytes(head[20:24], "big")
    assert heights == {"curves": 2340, "norms": 1560, "first_to_last": 1120}
