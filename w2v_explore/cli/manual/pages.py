"""Where a page of docs/ is read."""

from importlib.metadata import PackageNotFoundError, metadata
from posixpath import dirname


def page_address(page: str) -> str:
    """The address of a page.

    What is installed says where its documentation lies, once it has been published; until then the page is a file of
    the repository.

    Args:
        page: Its path in docs/, as ``memory.md``.
    """
    try:
        addresses = metadata("w2v-explore").get_all("Project-URL") or []
    except PackageNotFoundError:  # run from the source tree
        addresses = []
    site = next((address.partition(", ")[2] for address in addresses if address.startswith("Documentation, ")), None)
    if site is None:
        return f"docs/{page}"
    # As MkDocs names pages: each is a folder.
    folder = dirname(page) if page.endswith("README.md") else page.removesuffix(".md")
    return f"{site.rstrip('/')}/{folder}/"
