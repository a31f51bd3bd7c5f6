"""Generated constants in an application, under the type checkers of Python and TypeScript.

TypeScript's compiler is `tsc`, on the path or in the folder that ENGINE_TYPESCRIPT names
(`npm install --prefix FOLDER typescript@5`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.ports.reports import StackConstants
from engine.views.constants import python, typescript
from tests.support.constants import HOSTILE, output, price, stack

LIVE = stack(
    price(value="price_live", former=("price_old",), label=HOSTILE),
    output("prices", {"month": "price_live"}),
    output("events", []),
    output("str", 1),
    output("class", "x"),
    output("trial-days", 14),
    output("text", HOSTILE),
)
TEST = stack(
    price(value="price_test"),
    price("beta"),
    output("prices", {"month": "price_test", "week": "price_week"}),
    output("events", ["a"]),
    output("str", None),
    output("class", "x"),
    output("text", {"__proto__": [1, None, True, 1.5], "b": {}}),
    environment="test",
)
STACKS: tuple[StackConstants, ...] = (LIVE, TEST, stack(output("x", 1), stack="2fa-eu"))

PYTHON = """
import os

from ids import SAAS, SAAS_LIVE, SAAS_TEST, SaasConstants, SaasEnvironment, SaasName
from ids import get_2fa_eu, get_saas, name_in_saas

environment: SaasEnvironment = "live"
ids: SaasConstants = get_saas(os.environ.get("APP_ENVIRONMENT", "live"))
price: str = SAAS[environment].STRIPE_PRICE_PRO_MONTHLY
month: str = ids.prices["month"]
events: tuple[str, ...] = SAAS_TEST.events
days: int = (ids.trial_days or 7) + (ids.str_ or 0)
former: tuple[str, ...] = SAAS_LIVE.STRIPE_PRICE_PRO_MONTHLY_FORMER
word: str = ids.class_
number: int = get_2fa_eu("live").x


def plan(price_id: str) -> str:
    name: SaasName | None = name_in_saas(price_id)
    if name == "STRIPE_PRICE_PRO_MONTHLY":
        return "pro"
    return "beta" if name == "STRIPE_PRICE_BETA" else "none"


print(plan("price_old"), plan("price_live"), plan("x"), price, month, len(events), days, former)
"""
WRONG_PYTHON = """
from ids import SAAS, SAAS_LIVE, get_saas

beta: str = SAAS_LIVE.STRIPE_PRICE_BETA
SAAS_LIVE.STRIPE_PRICE_PRO_MONTHLY = "price_9"
SAAS["prod"]
get_saas("live").STRIPE_PRICE_PRO_MONTLY
"""
TYPESCRIPT = """
import {
  saasConstants, saasLive, saasNameOf, saasTest, _2faEuLive,
  type SaasConstants, type SaasEnvironment, type SaasName,
} from "./ids";

const environment: SaasEnvironment = "live";
const ids: SaasConstants = saasConstants[environment];
const price: string = ids.STRIPE_PRICE_PRO_MONTHLY;
const exact: `price_${string}` = saasLive.STRIPE_PRICE_PRO_MONTHLY;
const beta: string | undefined = ids.STRIPE_PRICE_BETA;
const month: string | undefined = ids.prices["month"];
const former: readonly string[] = ids.STRIPE_PRICE_PRO_MONTHLY_FORMER;
const name: SaasName | undefined = saasNameOf("price_old");
const days: number = ids.trial_days ?? 7;
const events: ReadonlyArray<string> = saasTest.events;
const one: 1 = _2faEuLive.x;
declare const console: { log(text: string): void };
console.log(JSON.stringify([
  price, exact, beta ?? null, month, former, name, days, events, one,
  saasNameOf("constructor") ?? null,
  Object.keys(saasTest.text), saasLive.text,
]));
"""
WRONG_TYPESCRIPT = """
import { saasConstants, saasLive } from "./ids";

const beta: string = saasConstants["live"].STRIPE_PRICE_BETA;
saasLive.STRIPE_PRICE_PRO_MONTHLY = "price_9";
saasConstants["prod"];
saasLive.STRIPE_PRICE_PRO_MONTLY;
"""


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated modules and applications that import them."""
    folder = tmp_path_factory.mktemp("application")
    files = {
        "ids.py": python.text_of(STACKS),
        "ids.ts": typescript.text_of(STACKS),
        "app.py": PYTHON,
        "wrong.py": WRONG_PYTHON,
        "app.ts": TYPESCRIPT,
        "wrong.ts": WRONG_TYPESCRIPT,
        "mypy.ini": "[mypy]\nstrict = True\n",
        "pyrightconfig.json": '{"typeCheckingMode": "strict"}',
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the folder."""
    return subprocess.run(  # noqa: S603 - the checkers of this very environment
        words, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )


def lines(text: str, file: str) -> set[int]:
    """The lines of a file that a checker complains about."""
    found = (line.replace("(", ":").split(":") for line in text.splitlines() if file in line)
    return {int(parts[1].split(",")[0]) for parts in found if parts[1].split(",")[0].isdigit()}


def test_mypy_is_content(application: Path) -> None:
    """Strictly; and it sees a price that an environment lacks, a change, a typo."""
    right = run(application, sys.executable, "-m", "mypy", "app.py", "ids.py")
    assert right.returncode == 0, right.stdout
    wrong = run(application, sys.executable, "-m", "mypy", "wrong.py")
    assert lines(wrong.stdout, "wrong.py") == {4, 5, 6, 7}


def test_pyright_is_content(application: Path) -> None:
    """Strictly, with the same findings."""
    right = run(application, sys.executable, "-m", "pyright", "app.py", "ids.py")
    assert right.returncode == 0, right.stdout
    wrong = run(application, sys.executable, "-m", "pyright", "--outputjson", "wrong.py")
    found = json.loads(wrong.stdout)["generalDiagnostics"]
    assert {one["range"]["start"]["line"] + 1 for one in found} == {4, 5, 6, 7}


def test_python_runs_it(application: Path) -> None:
    """The application that was checked."""
    done = run(application, sys.executable, "app.py")
    assert done.stdout == "pro pro none price_live price_live 1 15 ('price_old',)\n", done.stderr


def compiler() -> str:
    """TypeScript's compiler; the test is skipped where there is none."""
    folder = os.environ.get("ENGINE_TYPESCRIPT", "")
    found = shutil.which("tsc", path=f"{folder}/node_modules/.bin") if folder else None
    tsc = found or shutil.which("tsc")
    if tsc is None:
        pytest.skip("tsc is not installed: npm install -g typescript@5, or set ENGINE_TYPESCRIPT")
    return tsc


STRICT = (
    *(
        "--strict",
        "--noUncheckedIndexedAccess",
        "--exactOptionalPropertyTypes",
        "--isolatedModules",
    ),
    *("--target", "es2020", "--module", "commonjs"),
)


def test_tsc_is_content(application: Path) -> None:
    """As strict as it can be; and it sees the same mistakes."""
    tsc = compiler()
    right = run(application, tsc, *STRICT, "--outDir", "made", "app.ts")
    assert right.returncode == 0, right.stdout
    wrong = run(application, tsc, *STRICT, "--noEmit", "wrong.ts")
    assert lines(wrong.stdout, "wrong.ts") == {4, 5, 6, 7}
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    done = run(application, node, "made/app.js")
    assert json.loads(done.stdout) == [
        *("price_live", "price_live", None, "price_live", ["price_old"]),
        *("STRIPE_PRICE_PRO_MONTHLY", 14, ["a"], 1, None, ["__proto__", "b"], HOSTILE),
    ]
