"""Whatever runs do, one after the other, a review finds nothing in it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.address import parse_address
from engine.backends.git.repository import GitRepository
from engine.emulator.core import Emulator
from engine.emulator.testing.faults import dropped, permission_denied
from engine.errors import EngineError
from engine.operations.import_ import import_object
from engine.operations.review.review import ReviewOptions, review
from engine.operations.state_edit.forget import forget_resources
from engine.ports.review.report import ReviewReport
from tests.support.committed import needs_git
from tests.support.git import git
from tests.support.project import Project

pytestmark = needs_git

HEAD = """
from engine import Lifecycle, moved, output
from engine.stripe import Coupon, PaymentLink, Price, Product, TaxRate, WebhookEndpoint
"""
PIECES: dict[str, tuple[str, ...]] = {
    "pro": (
        'pro = Product("pro", name="Pro")',
        'pro = Product("pro", name="Pro!", metadata={"a": "b"}, default_price_data=None)',
    ),
    "monthly": (
        (
            'm = Price("monthly", product=pro.id, currency="usd", unit_amount=2000, '
            'recurring={"interval": "month"}, lookup_key="monthly")'
        ),
        (
            'm = Price("monthly", product=pro.id, currency="usd", unit_amount=2400, '
            'recurring={"interval": "month"}, lookup_key="monthly", nickname="n")'
        ),
        (
            'm = Price("monthly", product=pro.id, currency="eur", unit_amount=2400, '
            'recurring={"interval": "year"})'
        ),
    ),
    "link": (
        "",
        'PaymentLink("buy", line_items=[{"price": m.id, "quantity": 1}])',
        (
            'PaymentLink("buy", line_items=[{"price": m.id, "quantity": 1}], '
            'lifecycle=Lifecycle(ignore_changes=["line_items"]))'
        ),
    ),
    "coupon": (
        "",
        'c = Coupon("ten", percent_off=10, duration="once")',
        (
            'c = Coupon("ten", percent_off=20, duration="forever", name="N", '
            'lifecycle=Lifecycle(on_remove="keep"))'
        ),
        'c = Coupon("ten", id="TEN", percent_off=10, duration="once")',
        'c = Coupon("renamed", percent_off=10, duration="once")\nmoved("stripe_coupon.ten", c)',
    ),
    "tiers": (
        "",
        (
            'Price("tiers", product=pro.id, currency="usd", billing_scheme="tiered", '
            'tiers_mode="volume", recurring={"interval": "month"}, tiers=[{"up_to": 5, '
            '"unit_amount": 100}, {"up_to": "inf", "unit_amount_decimal": "50.5"}])'
        ),
        'Price("tiers", product=pro.id, currency="usd", unit_amount=1)',
    ),
    "hook": (
        "",
        'WebhookEndpoint("hook", url="https://example.com/a", enabled_events=["*"])',
        'WebhookEndpoint("hook", url="https://example.com/b", enabled_events=["charge.failed"])',
    ),
    "rate": (
        "",
        'TaxRate("vat", display_name="VAT", percentage=19, inclusive=False)',
        'TaxRate("vat", display_name="VAT", percentage=20, inclusive=False, active=False)',
    ),
    "outputs": ("", 'output("price", m.id)', 'output("price", {"id": m.id, "pro": pro.id})'),
}
STEPS = 9


class Walk:
    """A project that is changed, applied and committed at random."""

    def __init__(self, root: Path, seed: int) -> None:
        """Make it, with a first commit."""
        self.luck = random.Random(seed)  # noqa: S311 - a test
        self.project = Project(root, Emulator(seed=seed), retries=0)
        self.chosen = {name: self.luck.choice(texts) for name, texts in PIECES.items()}
        git(root, "init", "--quiet", "--initial-branch", "main")
        self.write()
        self.apply()
        self.commit("begin")

    def write(self) -> None:
        """Write the module of what was chosen."""
        text = HEAD + "\n".join(self.chosen.values()) + "\n"
        (self.project.root / "stacks" / "shop.py").write_text(text, encoding="utf-8")

    def commit(self, message: str) -> None:
        """Commit all that there is."""
        git(self.project.root, "add", "--all")
        git(self.project.root, "commit", "--quiet", "--allow-empty", "--message", message)

    def apply(self, **options: object) -> None:
        """Apply, whatever comes of it: a plan may be refused."""
        self.project.try_apply(**{"allow_mass_change": True, **options})

    def review(self) -> ReviewReport:
        """What the last commit applied."""
        context = self.project.context()

        def same(_: Path, __: str) -> object:
            return context

        repository = GitRepository(self.project.root)
        return review(context, repository, same, ReviewOptions(range="HEAD~1..HEAD"))  # type: ignore[arg-type]

    # ── what happens ──────────────────────────────────────────────────────────────────────

    def edit(self) -> None:
        """Change the code and apply all of it."""
        for name in self.luck.sample(sorted(PIECES), 3):
            self.chosen[name] = self.luck.choice(PIECES[name])
        self.write()
        self.apply()

    def fail(self) -> None:
        """The same, but one of the requests fails, or its response is lost."""
        effect = self.luck.choice([permission_denied("rak_x"), dropped(executed=True)])
        self.project.emulator.faults.add(effect, method="POST", skip=self.luck.randrange(4))
        try:
            self.edit()
        finally:
            self.project.emulator.faults.clear()

    def settle(self) -> None:
        """Apply without a change of the code."""
        self.apply()

    def destroy(self) -> None:
        """Remove everything."""
        self.apply(destroy=True)

    def replace(self) -> None:
        """Replace one resource, as a person asks for it."""
        self.settle()
        addresses = sorted(self.project.state().resources)
        if addresses:
            self.apply(replace=(self.luck.choice(addresses),))

    def by_hand(self) -> None:
        """Change an object in the Dashboard; the apply puts it back, or a refresh records it."""
        self.settle()
        for product in self.project.objects("/v1/products", active=True)[:1]:
            self.project.call("post", f"/v1/products/{product['id']}", name="By hand")
        for price in self.project.objects("/v1/prices", active=True)[:1]:
            self.project.call("post", f"/v1/prices/{price['id']}", nickname="By hand", active=False)
        self.apply(refresh_only=self.luck.random() < 0.5)

    def forget(self) -> None:
        """Take a resource out of the state, and import its object again."""
        self.settle()
        addresses = sorted(self.project.state().resources)
        if addresses:
            address = parse_address(self.luck.choice(addresses))
            id = self.project.id(address)
            forget_resources(self.project.context(), "shop", [address])
            self.commit("forgotten")
            assert self.review().findings == ()
            import_object(self.project.context(), address, id)


def steps(walk: Walk) -> list[Callable[[], None]]:
    """What may happen next; edits most often."""
    edits = [walk.edit] * 3
    others = [walk.fail, walk.settle, walk.destroy, walk.replace, walk.by_hand, walk.forget]
    return [*edits, *others]


@pytest.mark.parametrize("seed", range(12))
def test_what_runs_do_is_no_finding(seed: int, tmp_path: Path) -> None:
    """Edits, failures, destruction, replacement, drift, and resources that are forgotten."""
    walk = Walk(tmp_path / "project", seed)
    for number in range(STEPS):
        step = walk.luck.choice(steps(walk))
        try:
            step()
        except EngineError as error:
            walk.commit(f"{step.__name__} was refused: {error}")
        else:
            walk.commit(step.__name__)
        report = walk.review()
        assert report.findings == (), f"{number}: {step.__name__}"
        assert report.unchecked == ()
