"""What people can do about a stored state with other programs than the engine."""

from __future__ import annotations

from engine.frozen import frozen


@frozen
class Advice:
    """Phrases that hints about a stored state contain: a state store fills them in.

    Attributes:
        restore: What brings back the last good version, such as a command.
        other_version: What brings back an older or newer version.
        resolve: What resolves a conflict of two versions in the text of a state.
        newest: What gets the newest version that other machines wrote.
        history: What shows earlier versions.
        keep_bytes: What keeps other programs from rewriting the bytes of a state.
        caveats: What the store does not guarantee although a team may expect it, a sentence each.
    """

    restore: str = "a backup"
    other_version: str = "a backup"
    resolve: str = "an editor"
    newest: str = "a backup"
    history: str = "a backup"
    keep_bytes: str = "let no other program write it"
    caveats: tuple[str, ...] = ()


GENERAL = Advice()
"""What is true of every store."""
