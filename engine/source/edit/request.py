"""What is to be edited in a stack module, and why something cannot be."""

from __future__ import annotations

from typing import Any

from engine.frozen import frozen
from engine.stack.model import Declaration
from engine.values.paths import Path, dotted


@frozen
class Site:
    """The call that declares a resource.

    Attributes:
        address: The resource, as text.
        face: The class that it calls, `Price`.
        name: Logical name.
        line: 1-based line on which the call begins.
    """

    address: str
    face: str
    name: str
    line: int

    @classmethod
    def of(cls, declaration: Declaration, face: str) -> Site:
        """The call of a declaration, made by the class of a name."""
        address = declaration.address
        line = declaration.location.line
        return cls(address=str(address), face=face, name=address.name, line=line)


@frozen
class LeafEdit:
    """One value of a declaration that is to be another.

    Attributes:
        site: The declaration.
        path: Where it is declared: a keyword, then keys of dictionaries.
        before: What the code declares there now; ABSENT if nothing.
        after: What it is to declare; ABSENT for nothing. References are text, `${ADDRESS.id}`.
        note: A comment for the line, where the value has one of its own; empty for none.
    """

    site: Site
    path: Path
    before: Any
    after: Any
    note: str = ""


@frozen
class Removal:
    """A declaration that is to go.

    Attributes:
        site: The declaration.
    """

    site: Site


@frozen
class CannotEdit:
    """Why something is not edited, with what a person can write.

    Attributes:
        request: What was to be done.
        line: Line of the module that decides it.
        why: Why it is not edited.
        write: The value to write there, as Python; empty to take it out.
    """

    request: LeafEdit | Removal
    line: int
    why: str
    write: str = ""

    @property
    def place(self) -> str:
        """The address, with the path of the value."""
        path = self.request.path if isinstance(self.request, LeafEdit) else ()
        return f"{self.request.site.address}.{dotted(path)}" if path else self.request.site.address
