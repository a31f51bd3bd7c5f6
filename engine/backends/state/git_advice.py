"""What people can do about state files that they keep in git."""

from __future__ import annotations

from engine.state.advice import Advice


def git_advice(path: str) -> Advice:
    """The advice about a file that is committed.

    Args:
        path: The file, as messages name it.
    """
    return Advice(
        restore=f"git checkout -- {path}",
        other_version="git checkout or git stash pop on the file",
        resolve="git checkout --ours or --theirs on the file",
        newest="git pull",
        history="git log -p on the state file, or a backup,",
        keep_bytes="tell git to leave them: *.json -text in state/.gitattributes",
    )
