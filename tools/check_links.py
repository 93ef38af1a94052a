"""Check that every link of a built site leads to a page, a picture or a heading that is there."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag links to, and what may be linked to in it."""
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)


def dead_links(site: Path) -> list[str]:
    """Return ``page: link`` of every link within the site that leads nowhere."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    dead = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            is_there = target.exists()
            if is_there and parts.fragment and target in pages:
                is_there = unquote(parts.fragment) in pages[target].anchors
            if not is_there:
                dead.append(f"{path.relative_to(site.resolve())}: {link}")
    return sorted(set(dead))


def main() -> None:
    """Print the dead links of the site named on the command line, and fail if there are any."""
    site = Path(sys.argv[1])
    dead = dead_links(site)
    print("\n".join(dead) or f"no dead link in {sum(1 for _ in site.rglob('*.html'))} pages")
    sys.exit(bool(dead))


if __name__ == "__main__":
    main()
