"""What `engine drift` found: the drift of each stack, and the ways out of it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.plan.drifted import CodeIs, Drifted, DriftKind
from engine.values.paths import Path, dotted


@frozen
class WaysOut:
    """What to do about the drift of one object, as lines to run or to paste.

    Attributes:
        put_back: The command after which Stripe has what the code says; empty without a module.
        accept: The commands that write what Stripe has into the code, by the path of what is
            written: a leaf, or a list as a whole.
        accept_all: The command that does all of that, or that takes the declaration of a deleted
            object out; empty if it is only one, or none.
        ignore: The argument of the lifecycle that leaves the leaves alone; empty if nothing does.
    """

    put_back: str = ""
    accept: Mapping[str, str] = field(default_factory=dict)
    accept_all: str = ""
    ignore: str = ""


@frozen
class Cause:
    """What changed an object on Stripe, as an event says.

    Attributes:
        event: Id of the event.
        type: Its type, `product.updated`.
        at: When, in seconds since 1970.
        request: Id of the request of the API that did it; empty if none did.
        paths: The leaves that it explains; one without parts is the object as a whole.
    """

    event: str
    type: str
    at: int
    request: str
    paths: tuple[Path, ...]


@frozen
class Causes:
    """What changed one object on Stripe.

    Attributes:
        known: What events say, newest first.
        unknown: Why nothing, or not all, is known; empty if all is.
    """

    known: tuple[Cause, ...] = ()
    unknown: str = ""


@frozen
class StackDrift:
    """The drift of one stack.

    Attributes:
        stack: Stack name.
        environment: Environment name.
        serial: Serial of the state; 0 if it was never written.
        objects: How many objects its state records, all of which were read.
        has_module: It has a module; False if only its state is left.
        drifted: What drifted, in address order.
        warnings: What a person should know about the stack.
        causes: What changed each of them, by address; empty if that was not asked.
    """

    stack: str
    environment: str
    serial: int
    objects: int
    has_module: bool = True
    drifted: tuple[Drifted, ...] = ()
    warnings: tuple[str, ...] = ()
    causes: Mapping[str, Causes] = field(default_factory=dict)

    def ways_out(self, drifted: Drifted) -> WaysOut:
        """What to do about the drift of one of its objects."""
        if not self.has_module:
            return WaysOut()
        put_back = f"engine apply {self.stack} -e {self.environment}"
        if drifted.action is None:
            return WaysOut(put_back=put_back)
        if drifted.kind is DriftKind.DELETED:
            return WaysOut(put_back=put_back, accept_all=self._accepting(drifted.address))
        places = {
            leaf.around: self._accepting(drifted.address, dotted(leaf.around))
            for leaf in drifted.leaves
            if leaf.declarable and not leaf.sensitive and leaf.code_is is not CodeIs.AGREES
        }
        ignored = dict.fromkeys(leaf.around for leaf in drifted.leaves if not leaf.ends)
        names = [json.dumps(".".join(map(str, path))) for path in ignored]
        comma = "," if len(names) == 1 else ""
        return WaysOut(
            put_back=put_back,
            accept={dotted(path): command for path, command in places.items()},
            accept_all=self._accepting(drifted.address) if len(places) > 1 else "",
            ignore=f"ignore_changes=({', '.join(names)}{comma})" if names else "",
        )

    def _accepting(self, *place: str) -> str:
        where = shlex.quote(".".join(place))
        return f"engine drift {self.stack} -e {self.environment} --accept {where}"


@frozen
class UnmanagedObject:
    """An object that no state of the project owns.

    Attributes:
        id: Stripe's id.
        name: What people know it by; empty if nothing.
        created: When it was made, in seconds since 1970; None if that is not returned.
        address: The address that it could have.
    """

    id: str
    name: str
    created: int | None
    address: ResourceAddress

    @property
    def declaration(self) -> str:
        """The line of a module that takes it over, next to a declaration of it."""
        return f'import_("{self.address}", "{self.id}")'


@frozen
class UnmanagedType:
    """The objects of a type that no state of the project owns; archived ones are left out.

    Attributes:
        type: The resource type.
        title: What people call an object of it.
        account: Connected account they are on; empty for the key's own.
        count: How many were found.
        more: There may be more: not all were looked at.
        unread: Why not all could be looked at; empty if they could.
        objects: The objects, if they were to be listed.
    """

    type: str
    title: str
    account: str = ""
    count: int = 0
    more: bool = False
    unread: str = ""
    objects: tuple[UnmanagedObject, ...] = ()


@frozen
class DriftReport:
    """The drift of some stacks, and the account that they are on.

    Attributes:
        environment: Environment name.
        embedded: The environment is the embedded emulator.
        account_id: The account of the key; empty if it is not returned.
        livemode: The account is in live mode; None if it is not returned.
        stacks: One for each stack.
        requests: Calls made to Stripe so far.
        server: Address of the server; empty for the embedded emulator and for Stripe itself.
        unmanaged: Types that stacks manage and that have objects that none manages.
        listed: These were listed, not only counted.
    """

    environment: str
    embedded: bool
    account_id: str
    livemode: bool | None
    stacks: tuple[StackDrift, ...]
    requests: int
    server: str = ""
    unmanaged: tuple[UnmanagedType, ...] = ()
    listed: bool = False

    @property
    def drifted(self) -> Iterator[Drifted]:
        """Everything that drifted, in the order of the stacks."""
        for stack in self.stacks:
            yield from stack.drifted

    @property
    def has_drift(self) -> bool:
        """Whether anything drifted."""
        return any(stack.drifted for stack in self.stacks)


def counts(drifted: Iterable[Drifted]) -> dict[DriftKind, int]:
    """How many objects drifted in each way, every way named."""
    found = [entry.kind for entry in drifted]
    return {kind: found.count(kind) for kind in DriftKind}
