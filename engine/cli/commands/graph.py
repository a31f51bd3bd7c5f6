"""`engine graph`: resources and what they refer to, as a picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.address import Place, parse_place
from engine.cli.command import EngineCommand, options
from engine.cli.completion import complete_addresses
from engine.cli.invocation import Invocation, pass_invocation
from engine.cli.plan_files import PlanFile, plan_file_among
from engine.cli.planning_options import (
    refuse_with_plan_file,
    stacks_or_plan_argument,
    variable_options,
)
from engine.errors import UsageError
from engine.frozen import frozen
from engine.plan.inputs.options import PlanOptions
from engine.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.backends.result_files import ResultFile
    from engine.plan.model import PlanReport
    from engine.views.picture.model import Picture

_SUFFIXES = {
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".svg": "svg",
}
_LANGUAGES = tuple(dict.fromkeys(_SUFFIXES.values()))
_DOCUMENT = b'{\n  "format_version": "1",\n  "nodes": ['
_BEGINS = (b"digraph engine {\n", b"flowchart RL\n", b"<svg ", _DOCUMENT)
"""How the files begin that this command writes."""


def _place(_: click.Context, __: click.Parameter, value: str | None) -> Place | None:
    if value is None:
        return None
    place = parse_place(value)
    if place.address is None:
        raise UsageError(
            f"--around {value} names no resource", hint=f"to draw a stack: engine graph {place[0]}"
        )
    return place


graph_options = options(
    click.option(
        "--format",
        "language",
        type=click.Choice(_LANGUAGES),
        help="The language of the picture; without, what FILE ends in, or dot.",
    ),
    click.option(
        "-o", "--out", metavar="FILE", type=click.Path(), help="Write the picture to FILE."
    ),
    click.option(
        "--plan", is_flag=True, help="Plan now, and colour each resource by what would happen."
    ),
    click.option(
        "--changes",
        is_flag=True,
        help="Of a plan: only what changes, and what that is next to.",
    ),
    click.option(
        "--around",
        metavar="ADDR",
        callback=_place,
        shell_complete=complete_addresses,
        help="Only this resource, what it refers to, and what refers to it.",
    ),
    click.option(
        "--depth",
        type=click.IntRange(min=1),
        metavar="N",
        help="With --around: at most N steps away.",
    ),
)
"""What the command takes."""


@frozen
class _Wanted:
    """What a person asked to see.

    Attributes:
        stacks: Stacks; none means all.
        plan: Plan them.
        file: A saved plan; None for the code.
    """

    stacks: tuple[str, ...]
    plan: bool
    file: PlanFile | None


@click.command(cls=EngineCommand)
@stacks_or_plan_argument
@graph_options
@variable_options
@pass_invocation
def graph(
    invocation: Invocation,
    /,
    stacks: tuple[str, ...],
    *,
    language: str | None,
    out: str | None,
    plan: bool,
    changes: bool,
    around: Place | None,
    depth: int | None,
) -> None:
    r"""Draw resources and what they refer to.

    Without STACK, all stacks are drawn, each as a box. The arrows point to what is referred to,
    also through outputs of other stacks. No state and no key is needed and no request is sent,
    except with --plan. With PLANFILE, the plan that engine plan -o saved there is drawn.

    The languages are dot (for Graphviz), mermaid (drawn in the Markdown of GitHub and GitLab)
    and svg, which needs no other program; --json writes the nodes and edges as a document.

    \b
    Examples:
      engine graph | dot -Tpng > graph.png
      engine graph saas -o saas.svg
      engine graph --plan --changes --format mermaid
      engine graph shop.plan -o plan.svg
      engine graph --around stripe_product.pro --depth 1
    """
    language = _language(invocation, language, out)
    file = plan_file_among(invocation, stacks)
    planned = plan or file is not None
    if plan and file is not None:
        raise UsageError(f"{file.shown} is a plan already", hint="leave out --plan")
    if changes and not planned:
        raise UsageError("--changes is of a plan", hint="give --plan too, or name a plan file")
    if depth is not None and around is None:
        raise UsageError("--depth goes with --around", hint="--around ADDR --depth N")
    target = None if out is None else _file(invocation, out)
    picture = _picture(invocation, _Wanted(stacks=stacks, plan=plan, file=file))
    picture = _part(picture, around, depth, changes=changes)
    _write(invocation, picture, language, target)


def _language(invocation: Invocation, language: str | None, out: str | None) -> str:
    if language is not None and not invocation.for_people:
        raise UsageError(
            f"--json and --format {language} do not go together", hint="choose one of them"
        )
    if language == "svg" and out is None and sys.stdout.isatty():
        raise UsageError(
            "--format svg is for a file, not for a terminal",
            hint="engine graph --format svg -o graph.svg",
        )
    return language or _SUFFIXES.get(Path(out or "").suffix.lower(), _LANGUAGES[0])


def _file(invocation: Invocation, name: str) -> ResultFile:
    """The file of a name.

    Raises:
        UsageError: if no picture can be written there.
    """
    from engine.backends.result_files import ResultFile

    file = ResultFile(
        path=invocation.path(name),
        shown=name,
        what="picture",
        is_one=lambda raw: raw.startswith(_BEGINS),
    )
    file.check()
    return file


def _picture(invocation: Invocation, wanted: _Wanted) -> Picture:
    from engine.views.picture.sources import of_graphs, of_report

    if wanted.file is not None:
        refuse_with_plan_file(invocation, PlanOptions())
        return of_report(wanted.file.read(invocation.open().schemas).report())
    if wanted.plan:
        return of_report(_report(invocation, wanted.stacks))
    from engine.operations.validate import load_graphs

    return of_graphs(load_graphs(invocation.open(), wanted.stacks))


def _report(invocation: Invocation, stacks: Sequence[str]) -> PlanReport:
    from engine.operations.plan import plan_stacks

    with invocation.opened() as context:
        report = plan_stacks(context, stacks, PlanOptions())
    if report.refusals:
        invocation.write_note("An apply refuses this plan; engine plan says why.")
    return report


def _part(picture: Picture, around: Place | None, depth: int | None, *, changes: bool) -> Picture:
    from engine.views.picture import model

    if around is not None:
        picture = model.around(picture, _key(picture, around), depth)
    return model.changing(picture) if changes else picture


def _key(picture: Picture, place: Place) -> str:
    """The node that a person named.

    Raises:
        UsageError: if there is none, or there are several.
    """
    named = f"{place.stack}:{place.address}" if place.stack else str(place.address)
    found = [
        node.key
        for node in picture.nodes
        if node.address == place.address and place.stack in ("", node.stack)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"several stacks have {named}: {', '.join(found)}",
            hint=f"say which: --around {found[0]}",
        )
    known = (node.key if place.stack else node.address for node in picture.nodes)
    near = nearest(named, tuple(sorted(set(known))))
    raise UsageError(
        f"{named} is not in the picture",
        hint=f"did you mean {near}?" if near else "engine graph --json lists what is",
    )


def _write(
    invocation: Invocation, picture: Picture, language: str, target: ResultFile | None
) -> None:
    page = invocation.view.picture(picture, language)
    if target is None:
        invocation.write_out(page)
    else:
        target.write(f"{invocation.view.written(page)}\n".encode())
        invocation.write_note(f"The picture is in {target.shown}.")
    if invocation.for_people and language == "mermaid":
        from engine.views.picture.mermaid import beyond_mermaid

        beyond = beyond_mermaid(picture, str(page))
        if beyond:
            invocation.write_note(
                f"{beyond}. --around ADDR draws one resource and what surrounds it, --changes what "
                "a plan changes, and --format svg all of it."
            )
