"""How figures become pages: a registry of figures, a builder of pages, a file a kind of page."""
