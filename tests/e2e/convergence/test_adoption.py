"""What a person knows an object by finds it, for every type: it is adopted, and has no twin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.errors import EngineError
from engine.plan.compare.natural_keys import has_key
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import ResourceType
from engine.values.paths import get_path, parse_path, set_path
from engine.values.templates import resolve
from tests.support.plans import actions
from tests.support.samples.samples import Samples, sample_project

HEAD = "from engine import Lifecycle, import_, output, removed, stripe\n"
VALUES = {"email": "one@example.com", "id": "ONE", "code": "ONE"}
"""What the keys are declared as that the samples leave out; others are texts."""
KEYED = sorted(
    kind.object
    for kind in loader.schemas().values()
    if kind.creatable and kind.life.natural_keys and not kind.life.singleton
)
SHARED = [
    name
    for name in KEYED
    if not any(key.unique for key in loader.by_object(name).life.natural_keys)
]
ARCHIVED = [
    name
    for name in KEYED
    for life in (loader.by_object(name).life,)
    if life.revival is not None
    # Others are deleted, or have ended for good, or have lost their key.
    and name not in {"billing.alert", "promotion_code"}
    and all(way.verb is not Verb.DELETE for way in life.removals)
]


class Account:
    """A project whose stack has one object of a type, with a key and without an ownership stamp."""

    def __init__(self, samples: Samples, root: Path, object_name: str) -> None:
        """Args: samples: declarations; root: the folder; object_name: the type."""
        self.samples, self.kind = samples, loader.by_object(object_name)
        self.project = sample_project(root, samples.emulator())
        (root / "pyproject.toml").write_text("[tool.engine]\nownership-stamp = false\n")
        self.arguments = keyed(self.kind, samples.base(object_name, "one"))
        needed = samples.needed(object_name, [self.arguments])
        self.before = [*{**samples.before(object_name), **needed}.values()]

    def address(self, name: str = "one") -> str:
        """The address of an object."""
        return f"{self.kind.name}.{name}"

    def line(self, name: str, *, adopt: bool) -> str:
        """The declaration of the object."""
        said = f"lifecycle=Lifecycle(adopt={adopt}, protect=False)"
        return f"stripe.{self.kind.face}({name!r}, {said}, **{self.arguments!r})"

    def write(self, *lines: str) -> None:
        """Write the stack: what the object needs, then some lines."""
        self.project.write(HEAD + "\n".join((*self.before, *lines)) + "\n")

    def criteria(self, key: str) -> dict[str, Any]:
        """What finds the object in a lookup: what it declares of a key, and what lists need."""
        keys = {one.attribute: one.fields for one in self.kind.life.natural_keys}
        fields = [name for name in keys.get(key, (key,)) if "*" not in name]
        names = dict.fromkeys(parse_path(name)[0] for name in (*fields, *self.kind.lookup_needs))
        found = {name: self.arguments[name] for name in names if name in self.arguments}
        named: dict[str, Any] = resolve(
            found, lambda target: self.project.id(str(target).rpartition(".")[0])
        )
        return named

    def lookup(self, **criteria: Any) -> None:
        """Write a stack that looks the object up."""
        said = ", ".join(f"{name}={value!r}" for name, value in criteria.items())
        self.write(f"output('found', stripe.{self.kind.face}.lookup({said}).id)")

    def made(self, *names: str) -> list[str]:
        """Make the object under some names, and forget them; their ids."""
        self.write(*(self.line(name, adopt=False) for name in names))
        self.project.apply()
        ids = [self.project.id(self.address(name)) for name in names]
        self.write(*(f"removed({self.address(name)!r})" for name in names))
        self.project.apply()
        self.project.writes()
        return ids


def keyed(kind: ResourceType, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A declaration with a natural key."""
    found = dict(arguments)
    if kind.life.natural_keys and not has_key(kind, found):
        path = parse_path(kind.life.natural_keys[0].attribute)
        set_path(found, path, VALUES.get(str(path[-1]), "One key"))
    return found


@pytest.fixture
def samples() -> Samples:
    """The samples of this suite."""
    return Samples({})


@pytest.mark.parametrize("object_name", KEYED)
def test_what_has_the_key_is_adopted(samples: Samples, tmp_path: Path, object_name: str) -> None:
    """Nothing is sent for it, and there is nothing left to do."""
    account = Account(samples, tmp_path, object_name)
    (id,) = account.made("one")
    account.write(account.line("one", adopt=True))
    assert actions(account.project.plan()) == {account.address(): "import"}
    account.project.apply()
    assert account.project.writes() == []
    assert account.project.id(account.address()) == id
    assert account.project.state().resources[account.address()].imported
    assert not account.project.plan().has_changes


@pytest.mark.parametrize("object_name", SHARED)
def test_of_several_none_is_adopted(samples: Samples, tmp_path: Path, object_name: str) -> None:
    """Their ids are named, with what sets them apart, and the line that names one of them."""
    account = Account(samples, tmp_path, object_name)
    ids = account.made("one", "two")
    account.write(account.line("three", adopt=True))
    plan = account.project.plan()
    (refusal,) = plan.refusals
    assert "adopt=True finds 2 with" in refusal
    assert all(id in refusal for id in ids)
    assert f'import_("{account.address("three")}", "' in refusal


@pytest.mark.parametrize("object_name", ARCHIVED)
def test_what_was_archived_is_revived(samples: Samples, tmp_path: Path, object_name: str) -> None:
    """There is no second one, and nothing left to do."""
    account = Account(samples, tmp_path, object_name)
    account.write(account.line("one", adopt=False))
    account.project.apply()
    id = account.project.id(account.address())
    account.write()
    account.project.apply()
    account.write(account.line("two", adopt=True))
    assert actions(account.project.plan()) == {account.address("two"): "revive"}
    account.project.apply()
    assert account.project.id(account.address("two")) == id
    assert not account.project.plan().has_changes


# ── lookups ───────────────────────────────────────────────────────────────────────────────

KEYS = [(name, key.attribute) for name in KEYED for key in loader.by_object(name).life.natural_keys]
FURTHER = [(kind.object, name) for kind in loader.schemas().values() for name in kind.life.known_by]
DECLARABLE = [
    (name, field) for name, field in FURTHER if loader.by_object(name).root.fields[field].declarable
]


def account_with(samples: Samples, root: Path, object_name: str, key: str) -> Account:
    """An account whose object has a key."""
    account = Account(samples, root, object_name)
    path = parse_path(key)
    if get_path(account.arguments, path) is None:
        set_path(account.arguments, path, VALUES.get(str(path[-1]), "One key"))
    return account


@pytest.mark.parametrize(("object_name", "key"), [*KEYS, *DECLARABLE])
def test_a_lookup_finds_what_has_the_key(
    samples: Samples, tmp_path: Path, object_name: str, key: str
) -> None:
    """Also where Stripe's list has no filter for it; its id is what an import takes."""
    account = account_with(samples, tmp_path, object_name, key)
    (id,) = account.made("one")
    criteria = account.criteria(key)
    account.lookup(**criteria)
    plan = account.project.plan()
    (found,) = plan.outputs
    # What has no path of its own is addressed by the fields that name it.
    assert account.kind.life.composite is not None or found.after == account.kind.own_id(id)
    assert plan.warnings == ()
    said = ", ".join(f"{name}={value!r}" for name, value in criteria.items())
    import_ = f"import_({account.address()!r}, stripe.{account.kind.face}.lookup({said}).id)"
    account.write(account.line("one", adopt=False), import_)
    account.project.apply()
    assert account.project.writes() == []
    assert account.project.id(account.address()) == id


@pytest.mark.parametrize("object_name", [*ARCHIVED, "promotion_code"])
def test_a_lookup_finds_what_is_archived(
    samples: Samples, tmp_path: Path, object_name: str
) -> None:
    """By its key or its id, and a note says that it is."""
    account = Account(samples, tmp_path, object_name)
    account.write(account.line("one", adopt=False))
    account.project.apply()
    id = account.project.id(account.address())
    account.write()
    account.project.apply()
    key = account.kind.life.natural_keys[0].attribute
    for criteria in (account.criteria(key), {"id": id}):
        account.lookup(**criteria)
        plan = account.project.plan()
        assert [entry.after for entry in plan.outputs] == [id]
        (note,) = plan.warnings
        assert f"finds {id}, which is archived or disabled" in note


@pytest.mark.parametrize("object_name", SHARED)
def test_a_lookup_of_several_says_what_sets_them_apart(
    samples: Samples, tmp_path: Path, object_name: str
) -> None:
    """Their ids, and the line that names one of them."""
    account = Account(samples, tmp_path, object_name)
    ids = account.made("one", "two")
    account.lookup(**account.criteria(account.kind.life.natural_keys[0].attribute))
    with pytest.raises(EngineError, match="finds more than one") as caught:
        account.project.plan()
    assert all(id in str(caught.value) for id in ids)
    assert f'{account.kind.face}.lookup(id="' in str(caught.value.hint)


@pytest.mark.parametrize(("object_name", "key"), KEYS)
def test_a_lookup_of_nothing_names_what_is_most_like_it(
    samples: Samples, tmp_path: Path, object_name: str, key: str
) -> None:
    """The key that exists; of an id there is none."""
    account = account_with(samples, tmp_path, object_name, key)
    account.made("one")
    criteria = account.criteria(key)
    if not isinstance(criteria.get(key), str):
        pytest.skip("it is a part of an object, or a reference")
    account.lookup(**{**criteria, key: f"{criteria[key]}x"})
    with pytest.raises(EngineError, match="finds nothing on this account") as caught:
        account.project.plan()
    if key != "id":
        assert f"{key}={criteria[key]!r}".lower() in str(caught.value.cause).lower()
