"""How figures become pages: a page builder, and a file and a template per kind of page."""
