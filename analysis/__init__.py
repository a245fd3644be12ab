"""Reads the SQL views, and nothing else, and draws the paper's figures from them."""
