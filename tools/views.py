"""Write docs/views.md, the catalogue of views, from the heads of their files in sql/views/.

Run as `.venv/bin/python tools/views.py` after a view has changed; a test compares the page with the
files.
"""

from pathlib import Path

from vanishing_gradients.sql.objects import Definition, in_order, newest_views

PAGE = Path(__file__).parents[1] / "docs" / "views.md"
HEAD = """# The views

Written by `tools/views.py` from the heads of the files in [sql/views](../sql/views). `{exp}` is
an experiment, `{l}` a layer and `{l+1}` the next: 1 is the first dense layer, 2 its activation,
and so on. A column may be NULL where its type says so; NULL means undefined, never zero.
"""
SHORT = {"{experiment}": "{exp}", "{next_layer}": "{l+1}", "{layer}": "{l}"}


def page() -> str:
    """Return the whole page: views over all experiments first, then those of each."""
    views = newest_views()
    order = {view.name: place for place, view in enumerate(in_order(views))}
    views.sort(key=lambda view: (view.of_experiment, order[view.name]))
    return HEAD + "".join(map(section, views))


def section(view: Definition) -> str:
    """Return what the page says of one view."""
    lines = ["", f"## `{view.object_name}`", "", sentence(view.what), "", sentence(view.grain), ""]
    lines += ["| column | type | meaning |", "|---|---|---|"]
    for column in view.columns:
        kind = f"{column.type}, NULL" if column.nullable else column.type
        meaning = column.meaning.replace("|", r"\|")
        lines.append(f"| `{column.name}` | {kind} | {meaning} |")
    text = "\n".join([*lines, ""])
    for placeholder, short in SHORT.items():
        text = text.replace(placeholder, short)
    return text


def sentence(text: str) -> str:
    """Return a text as a sentence: a capital first, a full stop last."""
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
