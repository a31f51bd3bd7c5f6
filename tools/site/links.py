"""Links of a page as they are on the site.

In the repository a link is the path from one file to another, so that code hosts follow it. On the
site some files are at another place, and others are not at all.
"""

from __future__ import annotations

import posixpath
import re

from tools.site.pages import ROOT, page_of, source_of

_LINK = re.compile(r"\[(?P<text>[^\[\]]*)\]\((?P<path>[^)#:\s]+)(?P<anchor>#[^)\s]*)?\)")


def with_site_links(markdown: str, page: str) -> str:
    """The text of a page with its links to other files as links to pages.

    What the site does not show, such as a module, becomes its name.
    """
    source = source_of(page)

    def changed(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
        if not (ROOT / target).exists():
            return link[0]
        found = page_of(target)
        if found is None:
            return link["text"]
        path = posixpath.relpath(found, posixpath.dirname(page) or ".")
        return f"[{link['text']}]({path}{link['anchor'] or ''})"

    return _LINK.sub(changed, markdown)
