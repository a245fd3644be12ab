"""How figures become pages: a builder of pages, a file and a template a kind of page."""
