"""The pictures on pages, each an SVG made of results; a page's script only adds to it."""
