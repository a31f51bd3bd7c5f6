"""Another release of the SDK, read in a process of its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from engine.backends.other_sdk import read_sdk
from engine.catalog import loader
from engine.catalog.other import OtherCatalog, encode_catalog
from engine.errors import SettingsError
from engine.operations.upgrade.compare import differences


def test_a_folder_without_one() -> None:
    """The hint says how one gets there."""
    with pytest.raises(SettingsError, match="no Stripe SDK in") as raised:
        read_sdk(Path("/nowhere/at/all"))
    assert raised.value.hint == (
        "pip install --target /nowhere/at/all stripe==VERSION puts one there"
    )


def test_a_wheel_and_the_package_itself(tmp_path: Path) -> None:
    """The hint says what to name instead."""
    wheel = tmp_path / "stripe-17.0.0-py3-none-any.whl"
    wheel.write_bytes(b"PK")
    package = tmp_path / "stripe"
    package.mkdir()
    (package / "_version.py").write_text('VERSION = "1"\n')
    for folder, hint in (
        (wheel, f"pip install --target FOLDER {wheel} unpacks it: name that FOLDER"),
        (package, f"it is the package itself: name the folder that has it, {tmp_path}"),
    ):
        with pytest.raises(SettingsError, match="no Stripe SDK in") as raised:
            read_sdk(folder)
        assert raised.value.hint == hint


@pytest.mark.parametrize("known", [0, 40])
def test_one_in_which_hardly_a_type_is_found(monkeypatch: pytest.MonkeyPatch, known: int) -> None:
    """It is of another form; else all that is declared would seem to have vanished."""
    entries = {name: loader.entry(name) for name in [*loader.object_names()][:known]}
    text = json.dumps(encode_catalog(entries, sdk_version="13.0.0", api_version="2"))
    monkeypatch.setattr("engine.backends.other_sdk.printed", lambda _: text)
    with pytest.raises(SettingsError, match="cannot be read by this engine") as raised:
        read_sdk(Path("sdk"))
    assert f"{known} of the {len(loader.object_names())} types" in str(raised.value.cause)


def test_the_engine_that_reads_it_is_this_one(tmp_path: Path) -> None:
    """A folder may have another release of the engine next to that of the SDK."""
    for name in ("stripe", "engine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "_version.py").write_text("")
        (tmp_path / name / "__init__.py").write_text(f"raise ImportError('the {name} there')\n")
    with pytest.raises(SettingsError) as raised:
        read_sdk(tmp_path)
    assert raised.value.cause == "ImportError: the stripe there"


def test_one_that_cannot_be_read(tmp_path: Path) -> None:
    """The last line of what went wrong is the cause."""
    (tmp_path / "stripe").mkdir()
    (tmp_path / "stripe" / "_version.py").write_text('VERSION = "1"\n')
    (tmp_path / "stripe" / "__init__.py").write_text("raise ImportError('too old')\n")
    with pytest.raises(SettingsError, match="cannot be read by this engine") as raised:
        read_sdk(tmp_path)
    assert raised.value.cause == "ImportError: too old"


def test_its_process_gets_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no variable of the stacks; what it prints has to be a catalog."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_NeverSeen12345")
    monkeypatch.setenv("ENGINE_VAR_TOKEN", "never")
    (tmp_path / "stripe").mkdir()
    (tmp_path / "stripe" / "_version.py").write_text("")
    (tmp_path / "stripe" / "__init__.py").write_text(
        "import os, sys\n"
        "left = [name for name in os.environ if name.startswith(('STRIPE', 'ENGINE'))]\n"
        "print('[]' if left == [] else left)\n"
        "sys.stdout.flush()\n"
        "os._exit(0)\n"
    )
    with pytest.raises(SettingsError) as raised:
        read_sdk(tmp_path)
    assert raised.value.cause == "what was made of it is no catalog (TypeError)"
    assert "NeverSeen" not in str(raised.value)
    assert str(tmp_path) not in sys.path


def test_a_catalog_comes_back_as_it_was_printed() -> None:
    """With the rows of this engine, every type is what it was."""
    entries = {name: loader.entry(name) for name in loader.object_names()}
    printed = encode_catalog(entries, sdk_version="1", api_version="2")
    read = OtherCatalog(json.loads(json.dumps(printed)))
    assert (read.sdk_version, read.api_version) == ("1", "2")
    schemas = read.schemas()
    assert list(schemas) == list(loader.schemas())
    for name, kind in loader.schemas().items():
        assert differences(kind.root, schemas[name].root) == {}
        assert schemas[name].collection == kind.collection


def test_a_version_is_sent_as_a_header() -> None:
    """So it is a word, and nothing that would end one."""
    for version in ("", "2027-01-27.fern\r\nAuthorization: x", "2027\x1b[31m"):
        with pytest.raises(ValueError, match="no version"):
            OtherCatalog(encode_catalog({}, sdk_version="17.0.0", api_version=version))
    preview = encode_catalog({}, sdk_version="17.1.0b1", api_version="2027-01-27.preview")
    assert OtherCatalog(preview).api_version == "2027-01-27.preview"


def test_a_type_that_it_does_not_have_is_not_there() -> None:
    """And a path of a row that it does not have is left out."""
    entries = {"product": loader.entry("product")}
    printed = encode_catalog(entries, sdk_version="1", api_version="2")
    fields = printed["entries"]["product"]["operations"]["create"]["params"]
    assert fields.pop("statement_descriptor") is not None
    schemas = OtherCatalog(printed).schemas()
    assert list(schemas) == ["stripe_product"]
    assert "stripe_price" not in schemas
    assert schemas.get("stripe_price") is None
    assert schemas.get("nosuch") is None
