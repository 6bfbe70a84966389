"""Where a page of docs/ is read."""

from importlib.metadata import PackageNotFoundError, metadata


def page_address(page: str) -> str:
    """The address of a page.

    What is installed says where its documentation begins, once it has been published (hatch_build.py); the other pages
    lie beside that one. Until then a page is a file of the repository.

    Args:
        page: Its path in docs/, as ``memory.md``.
    """
    try:
        addresses = metadata("w2v-explore").get_all("Project-URL") or []
    except PackageNotFoundError:  # run from the source tree
        addresses = []
    first = next((address.partition(", ")[2] for address in addresses if address.startswith("Documentation, ")), None)
    return f"docs/{page}" if first is None else f"{first.rpartition('/')[0]}/{page}"
