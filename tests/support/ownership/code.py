"""The modules of three stacks, as a team changes them over time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

STACKS = ("alpha", "beta", "gamma")
ENVIRONMENTS = ("one", "two")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that stacks declare.

    Attributes:
        type: Its resource type.
        face: Its class in `engine.stripe`.
        arguments: The declaration's arguments; `{n}` is the thing's number, `{v}` what changes,
            `{need}` the id of the thing that it refers to.
        needs: The kind of thing that it refers to; empty for none.
        path: Where Stripe lists its objects.
        found_by: Whether `adopt=True` finds it.
    """

    type: str
    face: str
    arguments: str
    path: str
    needs: str = ""
    found_by: bool = False


KINDS = {
    "product": Kind("stripe_product", "Product", 'name="P{n} {v}"', "/v1/products"),
    "price": Kind(
        "stripe_price",
        "Price",
        'product={need}, currency="usd", unit_amount=100 + {v}, lookup_key="k{n}"',
        "/v1/prices",
        needs="product",
    ),
    "coupon": Kind(
        "stripe_coupon",
        "Coupon",
        'id="C{n}", percent_off=10, duration="once", name="{v}"',
        "/v1/coupons",
        found_by=True,
    ),
    "webhook": Kind(
        "stripe_webhook_endpoint",
        "WebhookEndpoint",
        'url="https://a.example/{n}", enabled_events=["invoice.paid"], description="{v}"',
        "/v1/webhook_endpoints",
    ),
    "link": Kind(
        "stripe_payment_link",
        "PaymentLink",
        'line_items=[{{"price": {need}, "quantity": 1}}], metadata={{"n": "{n}", "v": "{v}"}}',
        "/v1/payment_links",
        needs="price",
    ),
}


@dataclass(slots=True)
class Thing:
    """One declared object.

    Attributes:
        kind: Key of `KINDS`.
        number: Its own number, part of all its keys.
        stack: The stack that declares it.
        name: Its logical name there.
        need: The thing that it refers to; None for one that refers to nothing.
        value: What changes.
        past: Where it was declared before, as stack and name.
        adopt: `adopt=True` is written.
        imports: The id to import, by environment.
    """

    kind: Kind
    number: int
    stack: str
    name: str
    need: Thing | None = None
    value: int = 0
    past: list[tuple[str, str]] = field(default_factory=list)
    adopt: bool = False
    imports: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Its address in its stack."""
        return f"{self.kind.type}.{self.name}"


@dataclass(slots=True)
class Code:
    """What all modules declare.

    Attributes:
        things: Every declared thing.
        released: Addresses that were let out of management, by stack.
        stacks: Names of the modules, each after those whose outputs it may read.
        made: How many things and names there ever were.
    """

    things: list[Thing] = field(default_factory=list)
    released: dict[str, list[str]] = field(default_factory=dict)
    stacks: list[str] = field(default_factory=lambda: list(STACKS))
    made: int = 0

    def number(self) -> int:
        """A number that was never used."""
        self.made += 1
        return self.made

    def rank(self, stack: str) -> int:
        """The place of a stack in the order of applies."""
        return self.stacks.index(stack)

    def homes(self, thing: Thing) -> list[str]:
        """The stacks that could declare a thing: after what it needs, before what needs it."""
        first = self.rank(thing.need.stack) if thing.need else 0
        users = [self.rank(other.stack) for other in self.things if other.need is thing]
        return self.stacks[first : min(users, default=len(self.stacks) - 1) + 1]

    def move(self, thing: Thing, stack: str) -> None:
        """Declare a thing elsewhere, with a line that says where it was."""
        if stack != thing.stack:
            thing.past.append((thing.stack, thing.name))
            thing.stack = stack

    def rename(self, thing: Thing) -> None:
        """Give a thing another logical name, with a line that says which it had."""
        thing.past.append((thing.stack, thing.name))
        thing.name = f"n{self.number()}"

    def rename_stack(self, old: str, new: str) -> None:
        """Give a module another name; its states have to follow."""
        self.stacks[self.stacks.index(old)] = new
        if old in self.released:
            self.released[new] = self.released.pop(old)
        for thing in self.things:
            if thing.stack == old:
                thing.stack = new
            thing.past = [(new if stack == old else stack, name) for stack, name in thing.past]

    def module(self, stack: str) -> str:
        """The source of one module."""
        lines = ["from engine import Lifecycle, import_, moved, output, removed, stack_output"]
        lines += ["from engine.stripe import Coupon, PaymentLink, Price, Product, WebhookEndpoint"]
        things = [thing for thing in self.things if thing.stack == stack]
        for thing in sorted(things, key=lambda thing: thing.number):
            lines += self._declaration(thing)
        lines += [f'removed("{address}")' for address in self.released.get(stack, ())]
        return "\n".join(lines) + "\n"

    def _declaration(self, thing: Thing) -> Iterator[str]:
        kind, name = thing.kind, f"t{thing.number}"
        need = ""
        if thing.need is not None:
            other = thing.need
            here = other.stack == thing.stack
            need = (
                f"t{other.number}.id"
                if here
                else f'stack_output("{other.stack}", "{self._output(other)}")'
            )
        arguments = kind.arguments.format(n=thing.number, v=thing.value, need=need)
        lifecycle = ", lifecycle=Lifecycle(adopt=True)" if thing.adopt else ""
        yield f'{name} = {kind.face}("{thing.name}", {arguments}{lifecycle})'
        yield f'output("{self._output(thing)}", {name}.id)'
        for stack, old in dict.fromkeys(thing.past):
            if (stack, old) != (thing.stack, thing.name):
                place = "" if stack == thing.stack else f"{stack}:"
                yield f'moved("{place}{kind.type}.{old}", {name})'
        for environment, id in thing.imports.items():
            yield f'import_({name}, "{id}", environment="{environment}")'

    def _output(self, thing: Thing) -> str:
        return f"id-{thing.number}"
