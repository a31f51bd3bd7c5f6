"""Stripe's refusals: one exception, and a function for each kind of text.

A text marked "?" is ours, in Stripe's style, because the real one was never seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

INVALID_REQUEST = "invalid_request_error"
_SUPPORT = "https://support.stripe.com/"
_MISSING_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization "
    "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
    f"https://stripe.com/docs/api#authentication for details, or we can help at {_SUPPORT}."
)
_LONGEST_ECHO = 24
_NOT_EMULATED = "not_emulated"  # Stripe has no such code, and no page about it
# L: clients that send the key as a user name wait for it.
_CHALLENGE = (("WWW-Authenticate", 'Basic realm="Stripe"'),)
_NOT_FOUND = 404


class StripeRefusal(Exception):  # noqa: N818 - a response of Stripe's, not an error of ours
    """A request that Stripe answers with an error.

    Attributes:
        status: HTTP status.
        type: One of the four types of v1 errors.
        message: The text.
        code: Stripe's code; empty if this error has none.
        param: The parameter it is about, in brackets; empty if it is about none.
        headers: Headers of the response in addition to the usual ones.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = INVALID_REQUEST,
        code: str = "",
        param: str = "",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type
        self.message = message
        self.code = code
        self.param = param
        self.headers = headers

    def body(self, request_log_url: str = "") -> dict[str, Any]:
        """Stripe's envelope; attributes without a value are left out (D)."""
        error: dict[str, Any] = {}
        if self.code:
            error["code"] = self.code
        if self.code and self.code != _NOT_EMULATED:
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        error["message"] = self.message
        if self.param:
            error["param"] = self.param
        if request_log_url:
            error["request_log_url"] = request_log_url
        error["type"] = self.type
        return {"error": error}

    def body_v2(self) -> dict[str, Any]:
        """The envelope of v2: always a code, and no field for the parameter (?)."""
        code = self.code or ("invalid_field" if self.param else "invalid_request")
        if self.status == _NOT_FOUND:
            code = "not_found"
        return {"error": {"code": code, "message": self.message, "type": self.type}}

    def inside(self, prefix: str) -> StripeRefusal:
        """The same refusal, about a parameter inside another one."""
        head, bracket, tail = self.param.partition("[")
        param = f"{prefix}[{head}]{bracket}{tail}" if self.param else prefix
        return StripeRefusal(
            self.message, status=self.status, type=self.type, code=self.code, param=param
        )


def one_of(words: Sequence[str]) -> str:
    """Print alternatives as Stripe does: `a`, `a or b`, `a, b, or c`."""
    if len(words) <= 2:  # noqa: PLR2004 - two words take no comma
        return " or ".join(words)
    return f"{', '.join(words[:-1])}, or {words[-1]}"


def missing_key() -> StripeRefusal:
    """No API key at all."""
    return StripeRefusal(_MISSING_KEY, status=401, headers=_CHALLENGE)


def invalid_key(redacted: str) -> StripeRefusal:
    """A text that is not an API key of Stripe's."""
    return StripeRefusal(f"Invalid API Key provided: {redacted}", status=401, headers=_CHALLENGE)


def unrecognized_url(method: str, path: str) -> StripeRefusal:
    """A method and path that no operation has."""
    return StripeRefusal(
        f"Unrecognized request URL ({method}: {path}). If you are trying to list objects, remove "
        "the trailing slash. If you are trying to retrieve an object, make sure you passed a valid "
        "(non-empty) identifier in your code. Please see https://stripe.com/docs or we can help "
        f"at {_SUPPORT}.",
        status=404,
    )


def not_emulated(area: str, method: str, path: str) -> StripeRefusal:
    """A method and path that Stripe has, and the emulator does not; the code is ours.

    It begins in Stripe's words, by which clients tell it from an object that does not exist.
    """
    return StripeRefusal(
        f"Unrecognized request URL ({method}: {path}). The emulator does not emulate {area}: use a "
        "Stripe sandbox for that. docs/reference/emulator.md says what is emulated.",
        status=404,
        code=_NOT_EMULATED,
    )


def not_a_form() -> StripeRefusal:
    """A v1 body that is not form-encoded."""
    return StripeRefusal(
        "Invalid request (check that your POST content type is "
        "application/x-www-form-urlencoded). If you have any questions, we can help at "
        f"{_SUPPORT}."
    )


def unknown_parameters(names: Sequence[str]) -> StripeRefusal:
    """Parameters that the operation does not take, such as immutable ones in an update."""
    plural = "s" if len(names) > 1 else ""
    return StripeRefusal(
        f"Received unknown parameter{plural}: {', '.join(names)}",
        code="parameter_unknown",
        param=names[0],
    )


def missing_parameter(param: str) -> StripeRefusal:
    """A required parameter that is not there."""
    return StripeRefusal(f"Missing required param: {param}.", code="parameter_missing", param=param)


def empty_string(param: str) -> StripeRefusal:
    """An empty string where nothing can be unset."""
    return StripeRefusal(
        f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset "
        f"a parameter; however '{param}' cannot be unset. You should remove '{param}' from your "
        "request or supply a non-empty value.",
        code="parameter_invalid_empty",
        param=param,
    )


def not_a_word(param: str, words: Sequence[str]) -> StripeRefusal:
    """A value that is not one of an enum's."""
    listed = one_of(words) if len(words) == 1 else f"one of {one_of(words)}"
    return StripeRefusal(f"Invalid {param}: must be {listed}", param=param)


def invalid_integer(param: str, given: str) -> StripeRefusal:
    """Text where a whole number belongs."""
    return StripeRefusal(f"Invalid integer: {given}", code="parameter_invalid_integer", param=param)


def negative_integer(param: str) -> StripeRefusal:
    """An amount below zero (R)."""
    return StripeRefusal(
        "Invalid non-negative integer", code="parameter_invalid_integer", param=param
    )


def too_small(param: str, least: object, given: object) -> StripeRefusal:
    """A number below its bound."""
    return StripeRefusal(
        f"This value must be greater than or equal to {least} (it currently is '{given}').",
        code="parameter_invalid_integer" if isinstance(given, int) else "",
        param=param,
    )


def not_above(param: str, bound: object, given: object) -> StripeRefusal:
    """A number that is not above its bound; the text follows the others (?)."""
    return StripeRefusal(
        f"This value must be greater than {bound} (it currently is '{given}').",
        code="parameter_invalid_integer" if isinstance(given, int) else "",
        param=param,
    )


def too_large(param: str, most: object, given: object) -> StripeRefusal:
    """A number above its bound."""
    return StripeRefusal(
        f"This value must be less than or equal to {most} (it currently is '{given}').",
        code="parameter_invalid_integer" if isinstance(given, int) else "",
        param=param,
    )


def invalid_value(kind: str, param: str, given: object = None) -> StripeRefusal:
    """A value of the wrong type, such as `Invalid array`."""
    text = f"Invalid {kind}" if given is None else f"Invalid {kind}: {given}"
    return StripeRefusal(text, param=param)


def too_long(param: str, given: str, most: int) -> StripeRefusal:
    """A string longer than its bound; Stripe shows both ends of it."""
    shown = given if len(given) <= _LONGEST_ECHO else f"{given[:10]}...{given[-10:]}"
    return StripeRefusal(f"Invalid string: {shown}; must be at most {most} characters", param=param)


def no_match(param: str, pattern: str, given: str) -> StripeRefusal:
    """A string of another form than a regular expression wants (L, for promotion codes)."""
    return StripeRefusal(
        f"This value must match the regex pattern. (/{pattern}/ does not match for the value "
        f"{given}).",
        param=param,
    )


def too_many(param: str, most: int, given: int) -> StripeRefusal:
    """A list longer than its bound; the text is ours (?)."""
    return StripeRefusal(
        f"Invalid array: must contain at most {most} elements (it currently has {given}).",
        param=param,
    )


def too_few(param: str, least: int) -> StripeRefusal:
    """A list shorter than its bound; the text is ours (?)."""
    return StripeRefusal(
        f"Invalid array: must contain at least {least} element{'s' if least > 1 else ''}.",
        param=param,
    )


def no_scheme(param: str) -> StripeRefusal:
    """A URL without `https://` (L)."""
    return StripeRefusal(
        "Invalid URL: An explicit scheme (such as https) must be provided.",
        code="url_invalid",
        param=param,
    )


def not_a_url(param: str) -> StripeRefusal:
    """Text that is not a URL (L)."""
    return StripeRefusal("Not a valid URL", code="url_invalid", param=param)


def resource_missing(
    kind: str, id: str, *, param: str, in_path: bool = False, other_mode: str = ""
) -> StripeRefusal:
    """An id that names nothing: 404 in a path, 400 in a parameter.

    Args:
        kind: What Stripe calls the type, `promotion code`.
        id: The id that was sent.
        param: The parameter that held it.
        in_path: The path held it.
        other_mode: `live` or `test` if the other mode has an object of this id.
    """
    message = f"No such {kind}: '{id}'"
    if other_mode:
        own_mode = "test" if other_mode == "live" else "live"
        message += (
            f"; a similar object exists in {other_mode} mode, but a {own_mode} mode key was used "
            "to make this request."
        )
    return StripeRefusal(
        message, status=404 if in_path else 400, code="resource_missing", param=param
    )


def already_exists(title: str) -> StripeRefusal:
    """A chosen id that is taken (L: no param)."""
    return StripeRefusal(f"{title} already exists.", code="resource_already_exists")


def exclusive(names: Sequence[str], param: str = "") -> StripeRefusal:
    """Parameters that exclude each other."""
    return StripeRefusal(
        f"You may only specify one of these parameters: {', '.join(names)}.",
        param=param or names[0],
    )


def in_the_past(param: str, given: int) -> StripeRefusal:
    """A time in the past (L)."""
    return StripeRefusal(
        f"The parameter `{param}` expects a unix timestamp representing a date and time in the "
        f"future. You specified the value `{given}` which is in the past.",
        param=param,
    )


def too_far_ahead(param: str) -> StripeRefusal:
    """A time more than five years ahead (L)."""
    return StripeRefusal(
        "Invalid timestamp: can be no more than five years in the future.", param=param
    )


def cannot_expand(path: str, suggestion: str = "") -> StripeRefusal:
    """A path that cannot be expanded (L: neither code nor param)."""
    hint = f" You may want to try expanding '{suggestion}' instead." if suggestion else ""
    return StripeRefusal(f"This property cannot be expanded ({path}).{hint}")


def expanded_too_deep(path: str, most: int) -> StripeRefusal:
    """More levels than Stripe expands (D; the code R); the text is ours (?)."""
    return StripeRefusal(
        f"You cannot expand more than {most} levels of a property ({path}).",
        code="property_expansion_max_depth",
    )


def both_cursors() -> StripeRefusal:
    """Two cursors at once; 400 is live, the text is ours (?)."""
    return StripeRefusal(
        "You cannot parameterize both starting_after and ending_before.", param="starting_after"
    )


def invalid_version(given: str) -> StripeRefusal:
    """A `Stripe-Version` header that names no version."""
    return StripeRefusal(f"Invalid Stripe API version: {given}")


def of_another_version(refusal: StripeRefusal, spoken: str, asked: str) -> StripeRefusal:
    """The refusal of a parameter that another API version may have; the text is ours."""
    return StripeRefusal(
        f"{refusal.message.removesuffix('.')}. This emulator of Stripe speaks API version {spoken} "
        f"only, and the request asks for {asked}: use the parameters of {spoken}.",
        status=refusal.status,
        type=refusal.type,
        code=refusal.code,
        param=refusal.param,
    )


def more_permissions(redacted: str, account: str, title: str, permission: str) -> StripeRefusal:
    """A restricted key that may not do this (L)."""
    return StripeRefusal(
        f"Permission denied. The provided key '{redacted}' does not have the required permissions "
        f"for this endpoint on account '{account}'. Enabling \"{title}\" ('{permission}') "
        "permissions on this key would allow this request to continue. You can edit permissions "
        f"at https://dashboard.stripe.com/b/{account}/apikeys",
        status=403,
        code="more_permissions_required",
    )


def unknown_field(field: str) -> StripeRefusal:
    """A field that v2 does not know; the text is ours (?)."""
    return StripeRefusal(f"Unknown field: {field}.", code="unknown_field", param=field)


def missing_field(field: str) -> StripeRefusal:
    """A required field of v2 that is missing; the text is ours (?)."""
    return StripeRefusal(f"Missing required field: {field}.", code="missing_field", param=field)


def invalid_field(field: str, reason: str) -> StripeRefusal:
    """A field that v2 refuses; the text is ours (?)."""
    return StripeRefusal(f"Invalid field {field}: {reason}.", code="invalid_field", param=field)


def api_error(message: str) -> StripeRefusal:
    """A failure that the request did not cause."""
    return StripeRefusal(message, status=500, type="api_error")


def not_json() -> StripeRefusal:
    """A v2 body that is not JSON; the text is ours (?)."""
    return StripeRefusal("The request body is not a JSON object.", code="invalid_json")
