"""The shapes of outputs: which keys a map has, how long a list is, before anything is applied.

The module of a stack says it, and its state where the module does not: of an attribute that is a
map itself, or for a stack whose module cannot be evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from typing import Any

from engine.frozen import frozen
from engine.schema.attribute import Kind
from engine.schema.resource_type import Schemas
from engine.stack.model import Stack
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path, get_path
from engine.values.secret import Sensitive, is_secret
from engine.values.targets import AttributeTarget, Elsewhere, OutputTarget, Target
from engine.values.templates import is_reference, targets_in

_NESTED = (Kind.OBJECT, Kind.LIST, Kind.MAP, Kind.ANY)


@frozen
class Shapes:
    """Finds the shapes of outputs; each is looked for once.

    Attributes:
        modules: The names of the stacks that have a module.
        stack_of: Evaluates the module of a stack; None while that is being done already.
        recorded: Reads the outputs in the state of a stack; None if there is no state.
        schemas: Resource types by name.
    """

    modules: Collection[str]
    stack_of: Callable[[str], Stack | None]
    recorded: Callable[[str], Mapping[str, Any] | None]
    schemas: Schemas
    _found: dict[Elsewhere, Any] = field(default_factory=dict)

    def __call__(self, target: OutputTarget) -> Any:
        """A value with the shape of what a target names: a map, a list, or anything else.

        It is UNKNOWN where neither module nor state shows it, and ABSENT where there is no such
        output, or nothing at that place in it.
        """
        if target not in self._found:
            self._found[target] = UNKNOWN  # while it is looked for: outputs may name each other
            self._found[target] = self._shape(target)
        return self._found[target]

    def names(self, stack: str) -> tuple[str, ...]:
        """The names of a stack's outputs."""
        module = self._evaluated(stack)
        return tuple((self.recorded(stack) or {}) if module is None else module.outputs)

    def declared(self, stack: str) -> Collection[str] | None:
        """The addresses that a stack declares; None if that is not known."""
        module = self._evaluated(stack)
        return None if module is None else module.declarations

    def exists(self, stack: str) -> bool:
        """Whether there is a stack: its module, or a state that another one left."""
        return stack in self.modules or self.recorded(stack) is not None

    def _evaluated(self, stack: str) -> Stack | None:
        """The module of a stack; None if it has none, or what it declares is not known."""
        module = self.stack_of(stack) if stack in self.modules else None
        return None if module is None or module.problems else module

    def _shape(self, target: OutputTarget) -> Any:
        module = self._evaluated(target.stack)
        if module is None:
            found = self._recorded(target)
            # A module that could not be evaluated may declare what its state does not have.
            return UNKNOWN if found is ABSENT and target.stack in self.modules else found
        if target.name not in module.outputs:
            return ABSENT
        value = _bare(module.outputs[target.name].value)
        for depth, part in enumerate(target.path):
            if is_reference(value):
                return self._followed(target, value, target.path[depth:])
            value = _bare(get_path(value, (part,), ABSENT))
            if value is ABSENT:
                return ABSENT
        return self._followed(target, value, ()) if is_reference(value) else value

    def _followed(self, target: OutputTarget, reference: str, rest: Path) -> Any:
        """The shape of what is below a reference in an output."""
        named: Target = next(targets_in(reference))
        if isinstance(named, OutputTarget):
            return self(OutputTarget(named.stack, named.name, (*named.path, *rest)))
        if not self._is_nested(named):
            return ABSENT if rest else reference
        found = self._recorded(target)
        return UNKNOWN if found is ABSENT else found

    def _is_nested(self, named: AttributeTarget) -> bool:
        kind = self.schemas.get(named.address.type)
        attribute = kind.root.at(named.path) if kind is not None else None
        return attribute is not None and attribute.kind in _NESTED

    def _recorded(self, target: OutputTarget) -> Any:
        outputs = self.recorded(target.stack)
        if outputs is None or is_secret(outputs.get(target.name)):
            return UNKNOWN
        return get_path(outputs, (target.name, *target.path), ABSENT)


def _bare(value: Any) -> Any:
    """A value without what hides it: its shape is no secret."""
    return value.value if isinstance(value, Sensitive) else value
