"""Wires the two sides of `engine upgrade`: the catalog of this engine, and other releases."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from engine.backends.other_sdk import read_sdk
from engine.bootstrap.connections import Connections
from engine.bootstrap.project import open_loaded, speaking
from engine.catalog import loader
from engine.operations.run.context import Context
from engine.operations.upgrade.upgrade import Side
from engine.ports.hook import Hook
from engine.ports.upkeep.upgrade import Release
from engine.settings.load import load_settings
from engine.variables import Variables

_SDK = "stripe"


def open_upgrade(
    root: Path,
    *,
    environment: str | None,
    variables: Variables | None,
    hook: Hook,
    newer: Path | None,
    older: Path | None,
) -> tuple[Side, Side]:
    """Wire a project folder twice.

    Args:
        root: The project folder.
        environment: Name given as a flag.
        variables: Values for the stacks' variables; those of the environment if None.
        hook: Notified of everything.
        newer: Folder of the SDK to compare with; None for the installed one, or, with `older`, for
            the catalog.
        older: Folder of the SDK to begin with; None for the catalog.

    Raises:
        SettingsError: if the configuration cannot be used, or a release cannot be read.
    """
    settings = load_settings(root, environment=environment, variables=variables)
    context = open_loaded(settings, hook, Connections())
    shipped = Side(
        release=Release(sdk=loader.sdk_version(), api_version=loader.api_version()),
        schemas=context.schemas,
        context=context,
    )
    before = shipped if older is None else _side(context, older)
    if newer is not None:
        return before, _side(context, newer)
    is_other = older is None and metadata.version(_SDK) != shipped.release.sdk
    return before, _side(context, None) if is_other else shipped


def _side(context: Context, folder: Path | None) -> Side:
    found = read_sdk(folder)
    schemas = found.schemas()
    return Side(
        release=Release(sdk=found.sdk_version, api_version=found.api_version),
        schemas=schemas,
        context=speaking(context, schemas, found.api_version),
    )
