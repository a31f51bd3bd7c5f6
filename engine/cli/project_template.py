"""The project that `engine init` writes. Nothing that exists is overwritten."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Callable
from pathlib import Path

from engine.backends.gitignore import TRANSIENTS, ignore
from engine.durable_files import write_durably
from engine.errors import UsageError
from engine.views.view import ProjectFile

_STACK = '''\
"""A first catalog: one product, two prices, and a customer portal over them.

Everything here is Stripe's own parameter in Stripe's own spelling. `engine types Price` lists
the fields of a price, `engine plan` shows what this would create.
"""

from engine import output
from engine.stripe import PortalConfiguration, Price, Product

pro = Product("pro", name="Pro", description="Everything, for teams")

# Amounts are in cents. A price cannot change its amount: the engine makes a new one, moves the
# lookup key to it, repoints the portal, and archives the old one.
monthly = Price(
    "pro-monthly",
    product=pro.id,
    currency="usd",
    unit_amount=2900,
    recurring={"interval": "month"},
    lookup_key="pro_monthly",
)
yearly = Price(
    "pro-yearly",
    product=pro.id,
    currency="usd",
    unit_amount=29000,
    recurring={"interval": "year"},
    lookup_key="pro_yearly",
)

portal = PortalConfiguration(
    "portal",
    business_profile={"headline": "Manage your subscription"},
    default_return_url="https://example.com/account",
    features={
        "invoice_history": {"enabled": True},
        "payment_method_update": {"enabled": True},
        "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price"],
            "proration_behavior": "create_prorations",
            "products": [{"product": pro.id, "prices": [monthly.id, yearly.id]}],
        },
    },
)

# What applications need to know; `engine output pro_monthly_id --raw` prints it.
output("pro_monthly_id", monthly.id)
output("pro_yearly_id", yearly.id)
output("portal_id", portal.id)
'''

_STATE_README = """\
# State

One file for each environment and stack, `ENVIRONMENT/STACK.json`, written by `engine apply`. It
says which object on Stripe belongs to which declaration. Commit it together with the stacks.

* Review it like code: a pull request that was applied shows the ids and fields that changed, and
  nothing else. There are no secrets in it and no timestamps.
* Do not edit it by hand. The engine notices, and says so. `engine state verify` does too, offline:
  run it in CI.
* If a file is lost, `engine state rebuild` makes it again from the account.
* A merge conflict means that two people applied at once. Take one side whole
  (`git checkout --ours` or `--theirs` on the file), then run `engine plan`: it shows what the other
  side had changed.
* `local/` belongs to the embedded emulator of one machine and is not committed.
"""

_IGNORED = (".engine/", "state/local/", "*.plan", ".env", ".env.emulator")
_IGNORE_COMMENT = "# engine: the embedded account, secrets, locks and saved plans of this machine"

_CONFIGURATION = """\
[tool.engine]
# Without -e, a run speaks to the account of STRIPE_API_KEY, and to the embedded emulator if that
# is not set. Name another default here:
# default-environment = "test"

[tool.engine.environments.test]
api-key = "env:STRIPE_TEST_KEY"

# For real money, take the "# " off the three lines at the end. With account = "acct_..." in it as
# well, the id being that of your account, a key of any other account is refused.

# [tool.engine.environments.live]
# api-key = "env:STRIPE_LIVE_KEY"
# live = true
"""


def start_project(root: Path) -> tuple[ProjectFile, ...]:
    """Write what a project lacks.

    Args:
        root: The project folder; made if it does not exist.

    Raises:
        UsageError: if a file that has to be added to cannot be read.
        OSError: if something cannot be written.
    """
    makers: tuple[Callable[[Path], ProjectFile], ...] = (
        _example_stack,
        _state_folder,
        _transient_files,
        _configuration,
        _ignored_files,
    )
    root.mkdir(parents=True, exist_ok=True)
    return tuple(make(root) for make in makers)


def _example_stack(root: Path) -> ProjectFile:
    folder = root / "stacks"
    name = "stacks/catalog.py"
    # An example among real stacks would be applied together with them.
    present = sorted(path.name for path in folder.glob("[!.]*.py"))
    if present:
        return ProjectFile(name, made=False, why=f"stacks/ has {present[0]} already")
    _write(root / name, _STACK)
    return ProjectFile(name, made=True, why="an example stack")


def _state_folder(root: Path) -> ProjectFile:
    name = "state/README.md"
    if (root / name).exists():
        return ProjectFile(name, made=False, why="it is there")
    _write(root / name, _STATE_README)
    return ProjectFile(name, made=True, why="how a team reviews state")


def _transient_files(root: Path) -> ProjectFile:
    made = ignore(root / "state", TRANSIENTS)
    why = "what is not committed next to a state" if made else "it is there"
    return ProjectFile("state/.gitignore", made=made, why=why)


def _configuration(root: Path) -> ProjectFile:
    name = "pyproject.toml"
    text = _existing(root / name)
    try:
        has_table = "engine" in tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{root / name} is not TOML", cause=str(error), hint="fix it and run init again"
        ) from error
    if has_table:
        return ProjectFile(name, made=False, why="it has [tool.engine]")
    _write(root / name, _joined(text, _CONFIGURATION))
    return ProjectFile(name, made=True, why="added [tool.engine]" if text else "environments")


def _ignored_files(root: Path) -> ProjectFile:
    name = ".gitignore"
    text = _existing(root / name)
    present = {line.strip().strip("/") for line in text.splitlines()}
    missing = [entry for entry in _IGNORED if entry.strip("/") not in present]
    if not missing:
        return ProjectFile(name, made=False, why="it has the entries")
    added = "\n".join([_IGNORE_COMMENT, *missing]) + "\n"
    _write(root / name, _joined(text, added))
    return ProjectFile(
        name, made=True, why=f"added {', '.join(missing)}" if text else "what not to commit"
    )


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all: to some of a person's own files something is added."""
    there = path.resolve()
    mode = stat.S_IMODE(there.stat().st_mode) if there.exists() else 0o644
    write_durably(there, text.encode(), mode=mode)


def _existing(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text", hint="fix it and run init again") from error


def _joined(text: str, added: str) -> str:
    if not text.strip():
        return added
    return text.rstrip("\n") + "\n\n" + added
