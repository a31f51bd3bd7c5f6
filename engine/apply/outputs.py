"""The outputs of a stack once its operations are over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.apply.references import References
from engine.apply.secrets import text_of_secret
from engine.errors import EngineError
from engine.plan.compare.normalize import Normalizer
from engine.plan.model import Plan
from engine.plan.translate.recorded import kept_output
from engine.ports.secret_sink import SecretSink
from engine.state.model import State
from engine.values.secret import Sealed
from engine.values.templates import resolve


def settled_outputs(
    plan: Plan, state: State, references: References, sink: SecretSink
) -> Mapping[str, Any]:
    """Every output that is known now; another one keeps its last value. Secrets go to the sink.

    Args:
        plan: The plan that was carried out.
        state: The state that it was made from.
        references: What references mean now.
        sink: Keeps secrets.

    Raises:
        SecretSinkError: if a secret cannot be kept.
    """
    if plan.wanted_outputs is None:
        return state.outputs
    outputs: dict[str, Any] = {}
    normal = Normalizer(state.lineage)
    for name, (value, sensitive) in plan.wanted_outputs.items():
        try:
            found = resolve(value, references.value)
        except EngineError:
            if name in state.outputs:
                outputs[name] = state.outputs[name]
            continue
        kept = kept_output(normal, found, sensitive=sensitive)
        if isinstance(kept, Sealed):
            sink.store(plan.stack, f"output.{name}", text_of_secret(found))
        outputs[name] = kept
    return outputs
