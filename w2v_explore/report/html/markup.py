"""Elements of HTML and of SVG as text; every attribute and every text is escaped."""

from __future__ import annotations

from html import escape

from w2v_explore.encoding import printable


def element(name: str, /, *children: str, **attributes: object) -> str:
    """An element.

    Args:
        name: Of the element.
        children: Markup inside it: other elements, or what `text` gives. An element of HTML that may hold something and
            does not has one that is empty: without children it is written as a tag alone.
        attributes: By name, in which ``_`` stands for ``-`` and a last ``_`` is left out (``class_``). None is none. A
            colour is a class of the page's styles, so that a picture is light or dark as its reader has set it.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(printable(_number(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def text(content: str) -> str:
    """A text as markup, in which what is invisible or changes the direction of writing is a backslash escape."""
    return escape(printable(content), quote=False)


def _number(value: object) -> str:
    """A number in as few characters as a picture needs: two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
