"""Addresses of state servers, and the login for them."""

from __future__ import annotations

import pytest

from engine.backends.http.address import login_for, parse_server
from engine.errors import SettingsError

GITLAB = "https://gitlab.example.com/api/v4/projects/42/terraform/state"


def test_gitlab_is_known_by_its_path() -> None:
    """It locks with POST and unlocks with DELETE, at an address of its own."""
    server = parse_server(f"{GITLAB}/")
    assert (server.base, server.gitlab) == (GITLAB, True)
    assert (server.lock_method, server.unlock_method, server.lock_path) == (
        "POST",
        "DELETE",
        "/lock",
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://gitlab.example.com/api/v4/projects/group%2Fsub%2Fproject/terraform/state",
        "https://example.com/gitlab/api/v4/projects/42/terraform/state",
        "https://example.com:8443/a/b/api/v4/projects/42/terraform/state/",
    ],
)
def test_gitlab_may_be_below_a_path_and_a_project_have_a_name(address: str) -> None:
    """As its own documentation has them."""
    server = parse_server(address)
    assert (server.base, server.gitlab) == (address.rstrip("/"), True)


def test_the_name_of_a_state_is_not_part_of_the_address() -> None:
    """As it is in the snippet for Terraform that GitLab shows; the engine has a state a stack."""
    with pytest.raises(SettingsError, match="has the name of one of them") as raised:
        parse_server(f"{GITLAB}/production")
    assert str(raised.value.hint) == f'the engine names them itself: state = "{GITLAB}"'


def test_other_servers_lock_as_terraform_does_without_options() -> None:
    """LOCK and UNLOCK on the document itself, or what the address says."""
    server = parse_server("https://tf.example.com/state")
    assert (server.lock_method, server.unlock_method, server.lock_path) == ("LOCK", "UNLOCK", "")
    server = parse_server(
        "https://tf.example.com/s?lock-method=PUT&unlock-method=DELETE&lock-path=/l"
    )
    assert (server.lock_method, server.unlock_method, server.lock_path) == ("PUT", "DELETE", "/l")


@pytest.mark.parametrize(
    "address",
    [
        "https://ann:hunter22@tf.example.com/state",
        "https://tf.example.com/state?token=hunter22",
        "https://tf.example.com/state?lock-path=hunter22",
        "https://tf.example.com/state#hunter22",
        "https:///hunter22",
        "https://[hunter22/",
        "http://tf.example.com/hunter22",
    ],
)
def test_what_cannot_be_used_is_refused_without_its_text(address: str) -> None:
    """There may be a secret in it."""
    with pytest.raises(SettingsError) as raised:
        parse_server(address)
    assert "hunter22" not in str(raised.value)


def test_plain_http_is_for_this_machine_or_a_trusted_network() -> None:
    """Elsewhere states could be read on the way."""
    assert parse_server("http://127.0.0.1:8080/s").base == "http://127.0.0.1:8080/s"
    assert parse_server("http://tf.internal/s?plain-http=1").base == "http://tf.internal/s"


def test_the_login_is_ours_or_terraforms_or_that_of_the_job() -> None:
    """A job's token goes to the GitLab that runs the job alone."""
    gitlab, other = parse_server(GITLAB), parse_server("https://tf.example.com/state")
    job = {"CI_JOB_TOKEN": "job-token-1", "CI_API_V4_URL": "https://gitlab.example.com/api/v4"}
    own = {"TF_HTTP_USERNAME": "ann", "TF_HTTP_PASSWORD": "hunter22"}
    assert login_for(gitlab, job) == ("gitlab-ci-token", "job-token-1")
    assert login_for(gitlab, {**job, **own}) == ("ann", "hunter22")
    ours = {"ENGINE_HTTP_USERNAME": "eve", "ENGINE_HTTP_PASSWORD": "hunter23"}
    assert login_for(other, {**job, **own, **ours}) == ("eve", "hunter23")
    assert login_for(other, job) is None
    assert login_for(parse_server(GITLAB.replace("gitlab.", "evil.")), job) is None
    assert login_for(other, {}) is None
