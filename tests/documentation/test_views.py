"""docs/views.md agrees with the views' own files."""

import runpy
from pathlib import Path

from vanishing_gradients.sql.objects import newest, versions

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "views.md").read_text(encoding="utf-8")


def test_the_page_is_what_the_heads_of_the_files_make():
    made = runpy.run_path(str(ROOT / "tools" / "views.py"))["page"]()
    assert made == PAGE, "run `.venv/bin/python tools/views.py`, which writes docs/views.md"


def test_every_view_has_a_section_and_every_column_a_row():
    columns = sum(len(newest(name).columns) for name in versions("views"))
    assert PAGE.count("\n## ") == len(versions("views"))
    assert PAGE.count("\n| `") == columns
