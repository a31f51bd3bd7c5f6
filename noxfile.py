"""The tasks of this project: `nox -l` lists them, `nox -s unit` runs one.

Tasks run in the environment that nox itself is installed in (`pip install -e '.[dev]'`), so that
none of them waits for an installation. What follows `--` goes to the tool:
`nox -s unit -- -k diff`.
"""

from __future__ import annotations

import nox

nox.options.sessions = ["lint", "types", "unit"]

PARALLEL = ("-n", "auto")


def _pytest(session: nox.Session, *args: str, **env: str) -> None:
    session.run("python", "-m", "pytest", "-q", *args, *session.posargs, env=env or None)


@nox.session(python=False)
def unit(session: nox.Session) -> None:
    """Run the fast tests: every module by itself, and the rules of the architecture."""
    _pytest(session, *PARALLEL, "tests/unit", "tests/architecture")


@nox.session(python=False)
def e2e(session: nox.Session) -> None:
    """Run whole commands against the emulator, and the suites that adapters have to pass."""
    _pytest(session, *PARALLEL, "tests/cli", "tests/contracts", "tests/e2e", "tests/typing")


@nox.session(python=False)
def faults(session: nox.Session) -> None:
    """Kill, cut off and fill up runs at every point instead of at a selection of points."""
    _pytest(session, *PARALLEL, "tests/e2e/faults", "--faults=whole")


@nox.session(python=False)
def leaves(session: nox.Session) -> None:
    """Try every leaf of every type in each suite of convergence, instead of a third of them."""
    _pytest(session, *PARALLEL, "tests/e2e/convergence", "--leaves=all")


@nox.session(python=False)
def tests(session: nox.Session) -> None:
    """Run all tests."""
    _pytest(session, *PARALLEL)


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Check style, formatting and the import contracts."""
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--config", "setup.cfg")


@nox.session(python=False)
def types(session: nox.Session) -> None:
    """Check the types of the program, its examples and its tests."""
    session.run("mypy")


@nox.session(python=False)
def regenerate(session: nox.Session) -> None:
    """Write everything that is generated: catalog, typed face, type pages, README, architecture."""
    session.run("python", "-m", "engine.catalog.generator")
    pages = (
        "tests/unit/views",
        "tests/unit/schema",
        "tests/architecture",
        "tests/e2e/test_readme.py",
        "tests/e2e/test_walks.py",
    )
    _pytest(session, *pages, ENGINE_UPDATE="1")


@nox.session(python=False)
def lock(session: nox.Session) -> None:
    """Write the versions of everything that any extra needs, with hashes, for all platforms."""
    session.run(
        *("uv", "pip", "compile", "pyproject.toml", "--all-extras", "--universal", "--upgrade"),
        *("--python-version", "3.11", "--generate-hashes", "--no-annotate", "--quiet"),
        *("--custom-compile-command", "nox -s lock", "--output-file", ".ci/requirements.txt"),
    )


@nox.session(python=False)
def docs(session: nox.Session) -> None:
    """Check that documents are true: generated pages, sessions, types of Python, links."""
    _pytest(
        session,
        "tests/architecture",
        "tests/unit/views",
        "tests/unit/schema",
        "tests/e2e/test_readme.py",
        "tests/e2e/test_walks.py",
        "tests/site",
    )
    session.run("python", "-m", "engine.catalog.generator", "--check")


@nox.session(python=False)
def site(session: nox.Session) -> None:
    """Build the site of docs/ into build/site, and fail where a link leads nowhere."""
    session.run("mkdocs", "build", "--strict", env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session(python=False)
def benchmarks(session: nox.Session) -> None:
    """Measure the promises of docs/reference/performance.md, as ratios within one run."""
    session.run("python", "-m", "tests.benchmarks", *session.posargs)
