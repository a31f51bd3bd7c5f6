"""The pages of errors, and the list of all references, each with what it means in a sentence."""

from __future__ import annotations

from tools.site.overview import first_sentence
from tools.site.pages import ROOT, borrowed

FOLDER = "reference/errors/"
FIRST = f"{FOLDER}index.md"


def errors_page() -> str:
    """The first page of the errors: a line for each reference."""
    lines = []
    for source, page in borrowed().items():
        if page.startswith(FOLDER):
            text = (ROOT / source).read_text(encoding="utf-8")
            file = page.removeprefix(FOLDER)
            lines.append(f"* [`{file.removesuffix('.md')}`]({file}): {first_sentence(text)}")
    return "\n".join(
        (
            "# Errors",
            "",
            "Each error and each finding has a reference, which `--json` shows as `reference`.",
            "`engine explain REFERENCE` prints its page.",
            "",
            *lines,
            "",
        )
    )


def with_wrapped_messages(markdown: str) -> str:
    """The page of an error whose examples, which are messages of long lines, are wrapped."""
    return markdown.replace("```text\n", "``` { .text .wrapped }\n")
