"""What became of the completion script of a shell, as text."""

from __future__ import annotations

import shlex

from engine.views.view import Completion

_DONE = {
    "written": "Wrote {file}.",
    "unchanged": "{file} is there already.",
    "removed": "Removed {file}.",
    "absent": "Nothing to remove: there is no {file}.",
}
_NEXT = {
    "bash": (
        "Open a new shell and press Tab after `engine `. If nothing is offered, install "
        "bash-completion,\nor add this line to ~/.bashrc:\n  source {quoted}"
    ),
    "zsh": (
        "If its folder is not in fpath yet, add these lines to your .zshrc; if that has compinit\n"
        "or loads a framework such as oh-my-zsh already, only the first line, above it:\n"
        "  fpath=({folder} $fpath)\n  autoload -Uz compinit && compinit\n"
        "Then open a new shell. If nothing is offered, remove the file .zcompdump next to it once."
    ),
    "fish": "Open a new shell and press Tab after `engine `.",
}


def completion_text(done: Completion) -> str:
    """Write the script, or where it is and what to do next."""
    if done.file is None:
        return done.script.rstrip("\n")
    names = {
        "file": done.file,
        "quoted": shlex.quote(str(done.file)),
        "folder": shlex.quote(str(done.file.parent)),
    }
    lines = [_DONE[done.change].format(**names)]
    if done.change in ("written", "unchanged"):
        lines.append(_NEXT[done.shell].format(**names))
    return "\n".join(lines)
