"""The files of other tools as the origin of an import."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from engine.address import ResourceAddress
from engine.operations.import_account.origins.documents import title
from engine.operations.import_account.origins.find import find_made
from engine.operations.import_account.origins.fixture_file import Made, read_fixtures
from engine.operations.import_account.origins.origin import Origin
from engine.operations.import_account.origins.state_file import read_state
from engine.operations.import_account.survey import Survey, owner_of
from engine.plan.inputs.ownership import ObjectKey
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.targets import AttributeTarget, Target
from engine.values.templates import targets_in


class Source(Protocol):
    """Names the objects to import, once the account can be read."""

    def origin(self, survey: Survey, owner: Callable[[ObjectKey], str]) -> Origin:
        """What to import.

        Args:
            survey: Reads the account.
            owner: Returns the resource that an object is; empty if no stack has it.
        """
        ...


class StateFile:
    """A state of Terraform or OpenTofu, or an export of Pulumi: it has the ids."""

    def __init__(self, content: bytes, name: str, schemas: Schemas) -> None:
        """Read it.

        Args:
            content: The file.
            name: Its name, as it was given.
            schemas: The types that are managed.

        Raises:
            UsageError: if it cannot be read, or two of its resources are one object.
        """
        self._origin = read_state(content, name, schemas)

    def origin(self, survey: Survey, owner: Callable[[ObjectKey], str]) -> Origin:
        """What it records."""
        del survey, owner
        return self._origin


class FixtureFile:
    """A fixture file of the Stripe CLI: its objects are looked for."""

    def __init__(
        self, content: bytes, name: str, schemas: Schemas, environ: Mapping[str, str]
    ) -> None:
        """Read it.

        Args:
            content: The file.
            name: Its name, as it was given.
            schemas: The types that are managed.
            environ: Variables for `${.env:NAME}`.

        Raises:
            UsageError: if it is no fixture file, or needs a variable that is not set.
        """
        self._made, self._left_out = read_fixtures(content, name, schemas, environ)
        self._name = title(name)

    def origin(self, survey: Survey, owner: Callable[[ObjectKey], str]) -> Origin:
        """What it makes, as far as that is on the account, and the rest as declarations.

        An account has many customers, and those of a fixture file are for tests: they, and what
        belongs to them, are left out unless a person names their type.
        """
        made: list[Made] = []
        left: dict[str, list[str]] = {}
        gone: set[ResourceAddress] = set()
        for one in self._made:
            reason = ""
            if one.kind.on_request and one.kind.name not in survey.named:
                reason = "it is no configuration (--type TYPE takes it)"
            elif any(_names(target, gone) for target in targets_in(one.arguments)):
                reason = "it needs what is not taken"
            if reason:
                gone.add(one.address)
                left.setdefault(reason, []).append(one.fixture)
            else:
                made.append(one)
        survey.lists(sorted({one.kind.name for one in made}))
        left_out = {**self._left_out, **{reason: tuple(names) for reason, names in left.items()}}
        return find_made(made, _Listed(survey), owner, left_out, self._name)


def _names(target: Target, addresses: Collection[ResourceAddress]) -> bool:
    return isinstance(target, AttributeTarget) and target.address in addresses


class _Listed:
    """Objects of an account; those below another object are listed when they are asked for."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey
        self._below: dict[tuple[str, str], Sequence[RemoteObject]] = {}

    def __call__(self, kind: ResourceType, arguments: Mapping[str, Any]) -> Sequence[RemoteObject]:
        where, _ = owner_of(kind)
        if not where:
            return tuple(self._survey.found.get(kind.name, {}).values())
        above = arguments.get(where)
        if not isinstance(above, str):
            return ()
        place = (kind.name, above)
        if place not in self._below:
            self._survey.children(kind.name, (above,))
            self._below[place] = tuple(self._survey.found[kind.name].values())
        return self._below[place]
