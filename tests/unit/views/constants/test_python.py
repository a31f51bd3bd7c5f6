"""Constants as a Python module: what the module holds once Python has read it."""

from __future__ import annotations

import dataclasses
import sys
from types import ModuleType
from typing import Any

import pytest

from engine.errors import UsageError
from engine.ports.reports import StackConstants
from engine.views.constants.python import text_of
from tests.support.constants import HOSTILE, output, price, stack


def loaded(*stacks: StackConstants) -> Any:
    """The generated module, read by Python."""
    module: Any = ModuleType("generated_constants")
    sys.modules[module.__name__] = module  # dataclasses look their module up
    try:
        exec(compile(text_of(stacks), "constants.py", "exec"), module.__dict__)  # noqa: S102
    finally:
        del sys.modules[module.__name__]
    return module


def test_a_stack_has_a_class_and_an_environment_an_object() -> None:
    """Chosen by name, or named directly."""
    module = loaded(
        stack(price(value="price_live", former=("price_0",)), output("trial-days", 14)),
        stack(price(value="price_test"), environment="test"),
    )
    assert module.SAAS_LIVE.STRIPE_PRICE_PRO_MONTHLY == "price_live"
    assert module.get_saas("test") is module.SAAS["test"] is module.SAAS_TEST
    assert module.SAAS_LIVE.STRIPE_PRICE_PRO_MONTHLY_FORMER == ("price_0",)
    assert module.SAAS_TEST.STRIPE_PRICE_PRO_MONTHLY_FORMER == ()
    assert (module.SAAS_LIVE.trial_days, module.SAAS_TEST.trial_days) == (14, None)
    with pytest.raises(KeyError, match="prod"):
        module.get_saas("prod")
    with pytest.raises(dataclasses.FrozenInstanceError):
        module.SAAS_LIVE.trial_days = 15


def test_an_application_knows_the_plan_of_a_former_price() -> None:
    """In whichever environment; None for what is none of the stack's."""
    module = loaded(
        stack(price(value="price_live", former=("price_0",))),
        stack(price(value="price_test"), environment="test"),
    )
    ids = ("price_live", "price_0", "price_test")
    assert {module.name_in_saas(id) for id in ids} == {"STRIPE_PRICE_PRO_MONTHLY"}
    assert module.name_in_saas("price_9") is None
    assert not hasattr(loaded(stack(output("x", 1))), "name_in_saas")


def test_docstrings_say_what_it_is() -> None:
    """Of the class, of each constant, of each object."""
    text = text_of([stack(price())])
    assert '    STRIPE_PRICE_PRO_MONTHLY: str\n    """Pro monthly, $29.00 a month."""\n' in text
    assert '"""Stack saas in environment live: account acct_1, live mode."""' in text


def test_values_are_what_the_state_has() -> None:
    """Lists are tuples, all else is as it was; hostile texts are only texts."""
    values = {"map": {"a": [1, {"b": None}]}, "one": [True], "no": [], "f": 1.5, "text": HOSTILE}
    module = loaded(stack(*(output(name, value) for name, value in values.items())))
    live = module.SAAS_LIVE
    assert live.map == {"a": (1, {"b": None})}
    assert (live.one, live.no, live.f, live.text) == ((True,), (), 1.5, HOSTILE)


def test_hostile_names_stay_in_their_docstrings() -> None:
    """A name of an account neither ends a docstring nor its line."""
    text = text_of([stack(price(label=HOSTILE), price("other", label='"""\nimport os\n"""'))])
    assert "\nimport os" not in text
    loaded(stack(price(label=HOSTILE), price("other", label='"""\nimport os\n"""')))


@pytest.mark.parametrize("name", ["class", "None", "str", "tuple", "Mapping", "import"])
def test_a_word_of_python_gets_a_line_behind_it(name: str) -> None:
    """Also the names of types, which the other fields need."""
    module = loaded(stack(output(name, 1), output("other", "x")))
    assert getattr(module.SAAS_LIVE, f"{name}_") == 1


def test_names_that_would_be_the_same_are_refused() -> None:
    """Of constants, of stacks, and of a stack and an environment."""
    with pytest.raises(UsageError, match="Output a-b of stack saas and Output a_b of stack saas"):
        text_of([stack(output("a-b", 1), output("a_b", 2))])
    with pytest.raises(UsageError, match="stack a-b and stack a_b would both be"):
        text_of([stack(stack="a-b"), stack(stack="a_b")])
    with pytest.raises(UsageError, match="would both be A_LIVE"):
        text_of([stack(stack="a"), stack(stack="a-live")])


def test_a_stack_without_constants_is_a_module_too() -> None:
    """An environment may be empty."""
    module = loaded(stack(), stack(stack="2fa"))
    assert module.get_saas("live") == module.SAAS_LIVE
    assert module.get_2fa("live") == module._2FA_LIVE
