"""What commands did and found: a move, a rebuild, a check of a file, an import; as records."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from engine.errors import Problem
from engine.frozen import frozen
from engine.plan.inputs.ownership import ObjectKey
from engine.state.model import State


class MatchedBy(enum.StrEnum):
    """How the object of a declared resource was found."""

    STAMP = "ownership stamp"
    FORMER_STAMP = "ownership stamp of the stack that it came from"
    KEY = "natural key"
    REFERENCE = "reference of what was found"
    FILE = "id in the earlier file"
    LIKENESS = "fields, which no other object has"


@frozen
class LeftAlone:
    """An object with the stamp of a rebuilt stack that may be another stack's by now.

    Attributes:
        address: The resource in its stamp.
        id: Stripe's id.
        stack: The stack whose it may be.
    """

    address: str
    id: str
    stack: str


@frozen
class Rebuilt:
    """A state that was made again.

    Attributes:
        state: The state as written.
        traces: How the object of each declared resource was found, by address.
        missing: Declared resources without an object; the next apply creates them.
        taken: Objects that fit a missing resource and are not known to be its, or several.
        undeclared: Resources that the stack does not declare now; the next apply removes them.
        left: Objects with the stack's stamp that are not recorded: they may be another stack's.
        unread: Types that could not be searched for those, each with the reason.
        aside: Where the old state is now; empty if there was none.
    """

    state: State
    traces: Mapping[str, MatchedBy]
    missing: tuple[str, ...] = ()
    taken: Mapping[str, str] = field(default_factory=dict)
    undeclared: tuple[str, ...] = ()
    left: tuple[LeftAlone, ...] = ()
    unread: tuple[str, ...] = ()
    aside: str = ""


@frozen
class MovedResource:
    """One resource that moved to another stack.

    Attributes:
        type: Its resource type.
        id: Its object.
        account: Connected account that it is on; empty for the key's own.
        old: The address it had.
        new: The address it has.
        stamped: Its stamp needs no change; False if that is still the old stack's.
        secret: Where its secret, which Stripe returned once, is now; empty if it has none.
        secret_left: Where that is still, under the old name, since it cannot be read here.
        sent_again: A secret that it declares cannot be compared with the one that was sent.
    """

    type: str
    id: str
    account: str
    old: str
    new: str
    stamped: bool = False
    secret: str = ""
    secret_left: str = ""
    sent_again: bool = False


@frozen
class Moved:
    """Resources that moved from one stack to another.

    Attributes:
        environment: The environment.
        giver: The stack that had them.
        receiver: The stack that has them.
        resources: The resources that moved now, in address order.
        already: Addresses, in the receiver, of those that an earlier run of the command had moved.
        ended: The giver has no state any more.
        renamed: The giver's state itself got the receiver's name: its stamps stay valid.
    """

    environment: str
    giver: str
    receiver: str
    resources: tuple[MovedResource, ...] = ()
    already: tuple[str, ...] = ()
    ended: bool = False
    renamed: bool = False


@frozen
class Verified:
    """The result of the checks of one state file.

    Attributes:
        file: Its path, as messages name it.
        environment: The environment whose place it is in.
        stack: The stack whose place it is in.
        resources: How many resources it has; 0 if that is unknown.
        problems: What is wrong with it, in line order.
        merged: It was merged from two states, and was not compared with Stripe since.
    """

    file: str
    environment: str
    stack: str
    resources: int
    problems: tuple[Problem, ...]
    merged: bool = False


class WhyLeft(enum.StrEnum):
    """Why an object is not imported."""

    OWNED = "owned"
    STAMPED = "stamped"
    ARCHIVED = "archived"
    ENDED = "ended"
    UNDECLARABLE = "undeclarable"
    UNMATCHED = "unmatched"


@frozen
class LeftOut:
    """Objects of one type that are not imported.

    Attributes:
        type: Their type.
        title: What people call one.
        why: Why not.
        count: How many.
    """

    type: str
    title: str
    why: WhyLeft
    count: int


@frozen
class Refused:
    """An object whose declaration the checks refuse.

    Attributes:
        key: The object.
        address: The address that it would have had.
        reason: What the check says.
    """

    key: ObjectKey
    address: str
    reason: str


@frozen
class Unread:
    """A type that could not be listed.

    Attributes:
        type: The type.
        title: What people call one object.
        reason: What Stripe says.
    """

    type: str
    title: str
    reason: str


@frozen
class IgnoredLeaf:
    """A leaf that code and object do not agree on, which is put under `ignore_changes`.

    Attributes:
        stack: The stack.
        address: The resource.
        path: The leaf, dotted.
        code: What the code declares.
        actual: What Stripe has.
    """

    stack: str
    address: str
    path: str
    code: Any
    actual: Any


@frozen
class Unknown:
    """A parameter that an object was made with and that Stripe does not return.

    Attributes:
        stack: The stack.
        address: The resource.
        title: What people call such an object.
        path: The parameter, dotted.
        secret: It is a secret that only the response to the create held.
    """

    stack: str
    address: str
    title: str
    path: str
    secret: bool


@frozen
class ImportedStack:
    """A stack that is written.

    Attributes:
        name: Its name.
        file: Its module, from the project folder.
        text: The text of the module.
        objects: The object of each resource, by address.
        titles: How many there are, by what people call one.
        new: Addresses of what is declared and no object yet: the next apply creates it.
    """

    name: str
    file: str
    text: str
    objects: Mapping[str, ObjectKey]
    titles: Mapping[str, int]
    new: tuple[str, ...] = ()


@frozen
class AccountImport:
    """What an import of a whole account writes, and what it leaves out.

    Attributes:
        environment: The environment.
        embedded: The account is that of the embedded emulator.
        account_id: The account; empty if Stripe does not return it.
        livemode: Real money; None if Stripe does not return it.
        server: The server, where that is not Stripe's; empty if it is.
        found: How many objects were listed.
        stacks: What is written, each stack after those whose outputs it reads.
        left: What is not imported.
        refused: Objects that are not imported because a check refuses their declarations.
        unread: Types that could not be listed.
        ignored: Leaves that are put under `ignore_changes`.
        unknown: What Stripe does not return.
        notes: What is to say of the file that names the objects; none without one.
        without_state: Stacks that have a module and were never applied to this account.
        requests: Calls made.
        finished: Stacks of an earlier import that was interrupted; they are written now.
        written: The stacks were written; False if the person did not want that, or there are none.
    """

    environment: str
    embedded: bool
    account_id: str
    livemode: bool | None
    server: str = ""
    found: int = 0
    stacks: tuple[ImportedStack, ...] = ()
    left: tuple[LeftOut, ...] = ()
    refused: tuple[Refused, ...] = ()
    unread: tuple[Unread, ...] = ()
    ignored: tuple[IgnoredLeaf, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    notes: tuple[str, ...] = ()
    without_state: tuple[str, ...] = ()
    requests: int = 0
    finished: tuple[str, ...] = ()
    written: bool = False

    @property
    def new(self) -> int:
        """How many objects the next apply creates."""
        return sum(len(stack.new) for stack in self.stacks)

    @property
    def count(self) -> int:
        """How many objects are imported."""
        return sum(len(stack.objects) for stack in self.stacks)


@frozen
class Constant:
    """A value that applications use, under the name that they use it by.

    Attributes:
        name: `STRIPE_PRICE_PRO_MONTHLY` for the id of a resource, of an output its own name.
        value: The value, as JSON.
        is_output: It is an output, and no resource's id.
        secret: It is a secret that was asked for by name.
        address: The resource whose id it is; empty if it is none.
        account: Connected account that the resource is on; empty for the key's own.
        former: Ids of the objects that the resource replaced and that still exist, newest first.
        label: What Stripe shows people as the object's name; empty if nothing.
        type: Resource type of the object; empty if it is none.
        attributes: What Stripe returned of the object, as far as it is recorded.
    """

    name: str
    value: Any
    is_output: bool = False
    secret: bool = False
    address: str = ""
    account: str = ""
    former: tuple[str, ...] = ()
    label: str = ""
    type: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@frozen
class StackConstants:
    """The constants of one stack in one environment.

    Attributes:
        stack: Stack name.
        environment: Environment name.
        account_id: The account; empty if it is not known.
        livemode: Real money; None if it is not known.
        constants: The constants, by name.
        hidden: Outputs that are left out since they are secret.
    """

    stack: str
    environment: str
    account_id: str
    livemode: bool | None
    constants: tuple[Constant, ...]
    hidden: tuple[str, ...] = ()


@frozen
class ConstantsFile:
    """A file with constants, and what became of it.

    Attributes:
        file: The file, as messages name it.
        constants: How many it holds.
        changed: It was written; False if it was fresh.
    """

    file: str
    constants: int
    changed: bool
