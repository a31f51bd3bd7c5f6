"""Renames that a plan does not know of: the best match, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.graph.build import ResourceGraph, build_graph
from engine.plan.compare.normalize import Normalizer
from engine.plan.model import Action, Change, Plan, Reason
from engine.plan.rename import Rename
from engine.plan.renames import find_renames
from engine.state.model import RemovalPolicy, ResourceState, State
from engine.values.paths import get_path
from engine.values.targets import OutputTarget, Target
from engine.values.templates import resolve
from tests.support import build
from tests.support.stack_project import StackProject

Modules = Mapping[str, str]
LINEAGE = "f" * 32


class Renaming:
    """Stacks as they were applied, and as they are declared now."""

    def __init__(self, project: StackProject) -> None:
        """Args: project: evaluates the modules."""
        self.project = project
        self.states: dict[str, State] = {}

    def applied(self, modules: Modules) -> None:
        """Make the states of some stacks, each after those whose outputs it reads."""
        for name, text in modules.items():
            graph = self._graph(name, text)
            ids = {address: f"id_of_{name}_{address}" for address in graph.declarations}

            def value_of(target: Target, ids: Mapping[str, str] = ids) -> Any:
                if isinstance(target, OutputTarget):
                    outputs = self.states[target.stack].outputs
                    return get_path(outputs[target.name], target.path)
                return ids.get(target.address, "looked up")

            seal = Normalizer(LINEAGE).seal
            resources = {
                address: ResourceState(
                    type=entry.type,
                    id=ids[address],
                    declared=seal(entry.arguments),
                    attributes=seal(resolve(entry.arguments, value_of)),
                    removal_policy=RemovalPolicy(keep=entry.lifecycle.on_remove == "keep"),
                )
                for address, entry in graph.declarations.items()
            }
            outputs = {
                output.name: resolve(output.value, value_of)
                for output in graph.stack.outputs.values()
            }
            self.states[name] = State(
                stack=name,
                environment="test",
                lineage=LINEAGE,
                resources=resources,
                outputs=outputs,
            )

    def _graph(self, name: str, text: str) -> ResourceGraph:
        stack = self.project.load(text, name)
        assert stack.problems == ()
        return build_graph(stack, loader.schemas())

    def found(self, modules: Modules, orphans: Iterable[str] = ()) -> tuple[Rename, ...]:
        """The renames once the modules are these."""
        graphs = [self._graph(name, text) for name, text in modules.items()]
        for name in modules:
            empty = State(stack=name, environment="test", lineage=LINEAGE)
            self.states.setdefault(name, empty)
        plans = [self._plan(graph) for graph in graphs]
        return find_renames(plans, graphs, self.states, tuple(orphans), loader.schemas())

    def _plan(self, graph: ResourceGraph) -> Plan:
        state = self.states[graph.stack.name]
        moves = {str(move.old): str(move.new) for move in graph.stack.moves}
        recorded = {moves.get(address, address) for address in state.resources}
        made = [address for address in graph.declarations if address not in recorded]
        same = [address for address in graph.declarations if address in recorded]
        gone = [address for address in recorded if address not in graph.declarations]
        changes = [build.change(name, Action.CREATE, reasons=(Reason.DECLARED,)) for name in made]
        changes += [self._removal(state, name) for name in gone]
        changes += [build.change(name, Action.NO_OP) for name in same]
        return build.plan(*changes, stack=graph.stack.name, moves=moves)

    @staticmethod
    def _removal(state: State, address: str) -> Change:
        if state.resources[address].removal_policy.keep:
            return build.change(address, Action.FORGET, reasons=(Reason.RELEASED,))
        return build.change(address, Action.DELETE, reasons=(Reason.UNDECLARED,))

    def pairs(self, modules: Modules, orphans: Iterable[str] = ()) -> list[str]:
        """The same in short."""
        return [
            f"{rename.before} -> {rename.stack}:{rename.new} by {rename.same}"
            for rename in self.found(modules, orphans)
        ]


@pytest.fixture
def renaming(tmp_path: Path) -> Renaming:
    """Nothing is applied yet."""
    return Renaming(StackProject(tmp_path))


def shop(*lines: str) -> str:
    """A module with these declarations."""
    return "\n".join(["from engine import *", "from engine.stripe import *", *lines])


def test_what_a_person_is_told() -> None:
    """The line to paste, where it belongs, and what is lost without it."""
    rename = Rename(
        stack="other",
        giver="shop",
        old=parse_address("stripe_webhook_endpoint.h"),
        new=parse_address("stripe_webhook_endpoint.hook"),
        same="url 'https://x.example.com'",
        loses="its signing secret",
        line="stacks/other.py:3",
    )
    assert str(rename) == (
        "shop:stripe_webhook_endpoint.h is not declared any more, and stripe_webhook_endpoint.hook "
        "(stacks/other.py:3) is new. They agree in url 'https://x.example.com'. Made anew, it "
        "loses its signing secret. If it is the same object, add to stacks/other.py: "
        'moved("shop:stripe_webhook_endpoint.h", "stripe_webhook_endpoint.hook")'
    )


def test_a_natural_key_comes_first(renaming: Renaming) -> None:
    """It names one object, whatever else is declared."""
    renaming.applied({"shop": shop('Coupon("a", id="A", percent_off=10, name="One")')})
    [rename] = renaming.found(
        {
            "shop": shop(
                'Coupon("b", id="B", percent_off=10, name="One")',
                'Coupon("c", id="A", percent_off=20, name="Two")',
            )
        }
    )
    assert (rename.new, rename.same) == ("stripe_coupon.c", "id 'A'")
    assert (rename.giver, rename.loses) == ("", "its count of redemptions")
    assert rename.line == "stacks/shop.py:4"


def test_everything_that_is_declared_comes_before_a_name(renaming: Renaming) -> None:
    """References are followed: a price is the same if its product is."""
    renaming.applied(
        {
            "shop": shop(
                'p = Product("pro", name="Pro", description="x")',
                'Price("month", product=p, currency="usd", unit_amount=1, nickname="m")',
            )
        }
    )
    assert renaming.pairs(
        {
            "shop": shop(
                'p = Product("best", name="Pro", description="x")',
                'q = Product("new", name="Pro", description="y")',
                'Price("a", product=p, currency="usd", unit_amount=2, nickname="m")',
                'Price("b", product=p, currency="usd", unit_amount=1, nickname="m")',
            )
        }
    ) == [
        "stripe_price.month -> shop:stripe_price.b by all that they declare",
        "stripe_product.pro -> shop:stripe_product.best by all that they declare",
    ]


def test_a_name_is_enough_if_it_is_one_of_its_kind(renaming: Renaming) -> None:
    """What waits for a pair is compared again once there is one."""
    renaming.applied(
        {
            "shop": shop(
                'p = Product("pro", name="Pro", description="x")',
                'Price("month", product=p, currency="usd", unit_amount=1)',
            )
        }
    )
    assert renaming.pairs(
        {
            "shop": shop(
                'p = Product("best", name="Pro", description="y")',
                'Price("monthly", product=p, currency="usd", unit_amount=1)',
            )
        }
    ) == [
        "stripe_price.month -> shop:stripe_price.monthly by all that they declare",
        "stripe_product.pro -> shop:stripe_product.best by name 'Pro'",
    ]


def test_what_could_be_another_one_is_not_guessed(renaming: Renaming) -> None:
    """Equal declarations and equal names tell nothing."""
    text = [f'Product("{{}}{number}", name="Same")' for number in range(3)]
    renaming.applied({"shop": shop(*text).format("a", "a", "a")})
    assert renaming.pairs({"shop": shop(*text).format("b", "b", "b")}) == []
    assert renaming.pairs({"shop": shop('Product("b", name="Same")')}) == []
    assert renaming.pairs({"shop": shop('Product("b", name="Another")')}) == []
    assert renaming.pairs({"shop": ""}) == []


def test_the_same_name_in_another_stack(renaming: Renaming) -> None:
    """It tells equal objects apart."""
    renaming.applied({"shop": shop(*(f'Coupon("a{n}", percent_off=5)' for n in range(2)))})
    found = renaming.found(
        {"shop": "", "sale": shop(*(f'Coupon("a{n}", percent_off=5)' for n in range(2)))}
    )
    assert [(one.moved, one.same) for one in found] == [
        ('moved("shop:stripe_coupon.a0", "stripe_coupon.a0")', "their name 'a0'"),
        ('moved("shop:stripe_coupon.a1", "stripe_coupon.a1")', "their name 'a1'"),
    ]
    assert found[0].file == "stacks/sale.py"


def test_another_type_or_another_account_is_another_object(renaming: Renaming) -> None:
    """No move leads there."""
    renaming.applied({"shop": shop('Product("a", name="Pro")')})
    assert renaming.pairs({"shop": shop('Coupon("a", name="Pro", percent_off=1)')}) == []
    there = 'Product("b", name="Pro", lifecycle=Lifecycle(account="acct_1"))'
    assert renaming.pairs({"shop": shop(there)}) == []


def test_outputs_are_followed_from_stack_to_stack(renaming: Renaming) -> None:
    """The product has another name in the stack that it is read from."""
    link = (
        'PaymentLink("{}", line_items=[{{"price": stack_output("cat", "prices")["m"], '
        '"quantity": 1}}])'
    )
    before = shop(
        'p = Product("pro", name="Pro")',
        'm = Price("m", product=p, currency="usd", unit_amount=1)',
        'output("prices", {"m": m.id})',
    )
    renaming.applied({"cat": before, "portal": shop(link.format("buy"))})
    after = before.replace('"pro"', '"best"').replace('Price("m"', 'Price("month"')
    portal = shop(link.format("link"))
    assert renaming.pairs({"cat": after, "portal": portal}) == [
        "stripe_price.m -> cat:stripe_price.month by all that they declare",
        "stripe_product.pro -> cat:stripe_product.best by all that they declare",
        "stripe_payment_link.buy -> portal:stripe_payment_link.link by all that they declare",
    ]
    # Of a stack that is not in the run, the state says what it gives.
    assert renaming.pairs({"portal": portal}) == [
        "stripe_payment_link.buy -> portal:stripe_payment_link.link by all that they declare"
    ]


def test_what_is_read_of_a_stack_without_a_state_is_not_known(renaming: Renaming) -> None:
    """Nor is what refers to a resource that was never made, or to a field that is not recorded."""
    text = shop('Product("{}", name="P", description=stack_output("cat", "x"))')
    renaming.applied({"cat": shop('output("x", "y")'), "shop": text.format("a")})
    del renaming.states["cat"]
    assert renaming.pairs({"shop": text.format("b")}) == [
        "stripe_product.a -> shop:stripe_product.b by name 'P'"
    ]
    price = 'Price("{}", product=p, currency="usd", unit_amount=1, metadata={{"n": p.url}})'
    product = 'p = Product("p", name="P")'
    renaming.applied({"sale": shop(product, price.format("m"))})
    assert renaming.pairs({"sale": shop(product, price.format("n"))}) == []
    renaming.states["sale"] = State(
        stack="sale",
        environment="test",
        lineage=LINEAGE,
        resources={"stripe_price.m": renaming.states["sale"].resources["stripe_price.m"]},
    )
    assert renaming.pairs({"sale": shop(product, price.format("n"))}) == []


def test_lookups_are_compared_as_they_are_written(renaming: Renaming) -> None:
    """Nothing managed is behind them."""
    text = shop(
        'Price("{}", product=Product.lookup(id="prod_1").id, currency="usd", unit_amount=1)'
    )
    renaming.applied({"shop": text.format("a")})
    assert renaming.pairs({"shop": text.format("b")}) == [
        "stripe_price.a -> shop:stripe_price.b by all that they declare"
    ]


def test_a_reference_to_what_was_moved(renaming: Renaming) -> None:
    """The state has it under the old address still."""
    text = shop(
        'p = Product("{}", name="P")',
        'Price("{}", product=p, currency="usd", unit_amount=1)',
    )
    renaming.applied({"shop": text.format("a", "m")})
    after = text.format("b", "n") + '\nmoved("stripe_product.a", p)'
    assert renaming.pairs({"shop": after}) == [
        "stripe_price.m -> shop:stripe_price.n by all that they declare"
    ]


def test_secrets_are_not_compared(renaming: Renaming) -> None:
    """Their fingerprints are of different salts; the name is enough."""
    text = shop('Product("{}", name="P", description=Sensitive("hush"))')
    renaming.applied({"shop": text.format("a")})
    assert renaming.pairs({"shop": text.format("b")}) == [
        "stripe_product.a -> shop:stripe_product.b by name 'P'"
    ]


def test_what_is_kept_on_stripe_would_be_there_twice(renaming: Renaming) -> None:
    """It is forgotten, and the new one is beside it."""
    text = shop('Product("{}", name="P", lifecycle=Lifecycle(on_remove="keep"))')
    renaming.applied({"shop": text.format("a")})
    assert len(renaming.pairs({"shop": text.format("b")})) == 1


def test_a_stack_without_a_module_gives_all_that_it_has(renaming: Renaming) -> None:
    """No plan removes it."""
    renaming.applied({"old": shop('Product("a", name="P")', 'Coupon("c", percent_off=5)')})
    assert renaming.pairs({"shop": shop('Product("b", name="P")')}, ["old"]) == [
        "old:stripe_product.a -> shop:stripe_product.b by all that they declare"
    ]


def test_what_is_not_in_the_state_is_not_removed(renaming: Renaming) -> None:
    """A plan may show what an address of the state has become."""
    graph = renaming._graph("shop", shop('Product("b", name="P")'))
    state = State(stack="shop", environment="test", lineage=LINEAGE)
    plan = build.plan(
        build.change("stripe_product.a", Action.DELETE, reasons=(Reason.UNDECLARED,)),
        build.change("stripe_product.b", Action.CREATE, reasons=(Reason.DECLARED,)),
        stack="shop",
    )
    assert find_renames((plan,), (graph,), {"shop": state}, (), loader.schemas()) == ()


def test_each_object_is_in_one_pair(renaming: Renaming) -> None:
    """Two names of the new one lead to two old ones: the first field decides."""
    renaming.applied(
        {
            "shop": shop(
                'TaxRate("a", display_name="VAT", percentage=1, inclusive=False)',
                'TaxRate("b", display_name="GST", percentage=1, inclusive=False)',
            ),
            "old": shop('TaxRate("c", display_name="PST", percentage=1, inclusive=False)'),
        }
    )
    pairs = renaming.pairs(
        {
            "shop": "",
            "old": "",
            "new": shop(
                'TaxRate("c", display_name="VAT", percentage=2, inclusive=False)',
            ),
        }
    )
    assert pairs == ["shop:stripe_tax_rate.a -> new:stripe_tax_rate.c by display_name 'VAT'"]
