"""The `env-file` secret sink: one file that people, programs and the engine write to."""

from __future__ import annotations

import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.backends.gitignore import private_folder
from engine.backends.secrets.env_file import EnvFileSink, variable_name
from engine.errors import SecretSinkError

HOOK = "stripe_webhook_endpoint.events.secret"
VARIABLE = "SHOP_WEBHOOK_ENDPOINT_EVENTS_SECRET"
MARK = f"# engine: live/shop {HOOK}\n"

GIT = shutil.which("git")
SH = "/bin/sh"


def opened(root: Path, environment: str = "live", name: str = ".env") -> EnvFileSink:
    """The sink over a file of a project."""
    return EnvFileSink(root / name, private=root / ".engine", environment=environment)


def git(root: Path, *words: str) -> None:
    """Run git in a folder."""
    assert GIT is not None
    subprocess.run([GIT, "-C", str(root), *words], check=True, capture_output=True)  # noqa: S603 - git


# ── names ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stack", "name", "variable"),
    [
        ("shop", HOOK, VARIABLE),
        ("my_shop", "output.hook-secret", "MY_SHOP_OUTPUT_HOOK_SECRET"),
        (
            "shop",
            "stripe_v2_core_event_destination.a.webhook_endpoint.signing_secret",
            "SHOP_V2_CORE_EVENT_DESTINATION_A_WEBHOOK_ENDPOINT_SIGNING_SECRET",
        ),
        ("2024", "output.x", "_2024_OUTPUT_X"),
    ],
)
def test_a_variable_is_named_after_its_secret(stack: str, name: str, variable: str) -> None:
    """Stack, type, name and field, in a form that every shell takes."""
    assert variable_name(stack, name) == variable


# ── the file ──────────────────────────────────────────────────────────────────────────────


def test_a_new_secret_is_added_at_the_end(tmp_path: Path) -> None:
    """Under a comment that says which it is; what was there stays, byte by byte."""
    before = b"# ours\nexport A = 'x\nB=inside'\n\n\xff odd\nC=1 # last, without newline"
    (tmp_path / ".env").write_bytes(before)
    opened(tmp_path).store("shop", HOOK, "whsec_1")
    assert (tmp_path / ".env").read_bytes() == (before + f"\n{MARK}{VARIABLE}=whsec_1\n".encode())
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600


def test_a_secret_is_replaced_where_it_stands(tmp_path: Path) -> None:
    """Its own line alone changes, `export` before it stays."""
    text = f"A=1\n{MARK}export {VARIABLE}='old\nMORE=1'\nB=2\n"
    (tmp_path / ".env").write_text(text)
    opened(tmp_path).store("shop", HOOK, "new")
    assert (tmp_path / ".env").read_text() == f"A=1\n{MARK}export {VARIABLE}=new\nB=2\n"


def test_a_variable_may_be_renamed_by_hand(tmp_path: Path) -> None:
    """The comment says which secret it is; the name is what the application wants."""
    (tmp_path / ".env").write_text(f"{MARK}HOOK_SECRET=old  # used by the shop\n")
    sink = opened(tmp_path)
    assert sink.load("shop", HOOK) == "old"
    sink.check("shop", [HOOK])
    sink.store("shop", HOOK, "new")
    assert (tmp_path / ".env").read_text() == f"{MARK}HOOK_SECRET=new\n"


@pytest.mark.parametrize(
    "value",
    [
        "whsec_1",
        "two words",
        "a#b",
        "$HOME `id` $(id)",
        'it\'s $HOME "quoted" `id` \\ and \\n',
        "line 1\nline 'two'\n",
        "back\\slash",
        "",
    ],
)
def test_a_shell_reads_what_was_kept(tmp_path: Path, value: str) -> None:
    """`. ./.env` is how many applications get theirs."""
    opened(tmp_path).store("shop", HOOK, value)
    done = subprocess.run(  # noqa: S603 - the words are the test's own
        [SH, "-c", f'. ./.env; printf "%s" "${VARIABLE}"'],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == value
    assert opened(tmp_path).load("shop", HOOK) == value


def test_what_is_let_go_of_leaves_all_other_lines_as_they_are(tmp_path: Path) -> None:
    """Byte by byte, and a variable that was renamed by hand goes by the comment above it."""
    mine = "# mine\r\nA=1\n"
    (tmp_path / ".env").write_text(f"{mine}{MARK}RENAMED='whsec_1'\n\nB = 2", newline="")
    opened(tmp_path).remove("shop", HOOK)
    assert (tmp_path / ".env").read_bytes().decode() == f"{mine}\nB = 2"
    before = (tmp_path / ".env").stat()
    opened(tmp_path).remove("shop", HOOK)
    assert (tmp_path / ".env").stat().st_ino == before.st_ino
    opened(tmp_path, name="none/.env").remove("shop", HOOK)
    assert not (tmp_path / "none").exists()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it points to gets the secret."""
    (tmp_path / "kept").mkdir()
    (tmp_path / ".env").symlink_to("kept/real.env")
    opened(tmp_path).store("shop", HOOK, "whsec_1")
    assert (tmp_path / ".env").is_symlink()
    assert "whsec_1" in (tmp_path / "kept" / "real.env").read_text()


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    """To look leaves no trace, to check and to keep makes room."""
    sink = opened(tmp_path, name="deep/er/.env")
    assert sink.load("shop", HOOK) is None
    assert not (tmp_path / "deep").exists()
    sink.check("shop", [HOOK])
    sink.store("shop", HOOK, "whsec_1")
    assert sink.load("shop", HOOK) == "whsec_1"


def test_a_leftover_of_a_crash_would_be_where_git_does_not_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new file is written in the private folder before it takes its place."""
    private_folder(tmp_path / ".engine")
    monkeypatch.setattr(Path, "replace", _refuse)
    with pytest.raises(SecretSinkError):
        opened(tmp_path).store("shop", HOOK, "whsec_1")
    assert not (tmp_path / ".env").exists()
    monkeypatch.setattr(Path, "unlink", _refuse)
    with pytest.raises(SecretSinkError):
        opened(tmp_path).store("shop", HOOK, "whsec_1")
    holders = [path for path in tmp_path.rglob("*") if path.is_file()]
    left = [path for path in holders if b"whsec" in path.read_bytes()]
    assert [path.parent for path in left] == [tmp_path / ".engine" / "secrets"]


def _refuse(*_: object, **__: object) -> None:
    raise PermissionError(13, "Permission denied")


# ── refusals ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "holder"),
    [
        (f"{VARIABLE}=mine\n", "a line of yours"),
        (f"# engine: test/shop {HOOK}\n{VARIABLE}=x\n", f"test/shop {HOOK}"),
        (f"{MARK}{VARIABLE}=x\n{VARIABLE}=again\n", "a line of yours"),
        (f"{MARK}\nexport {VARIABLE}=x\n", "a line of yours"),
    ],
)
def test_what_is_not_its_own_is_never_overwritten(tmp_path: Path, text: str, holder: str) -> None:
    """Found out before the object is created, and once more when it is to be written."""
    (tmp_path / ".env").write_text(text)
    sink = opened(tmp_path)
    uses: tuple[Callable[[], object], ...] = (
        lambda: sink.check("shop", [HOOK]),
        lambda: sink.store("shop", HOOK, "whsec_1"),
    )
    for use in uses:
        with pytest.raises(SecretSinkError) as raised:
            use()
        assert raised.value.cause == f"Its variable {VARIABLE} is that of {holder}."
    assert (tmp_path / ".env").read_text() == text
    sink.check("blog", [HOOK])


def test_two_secrets_never_share_a_variable(tmp_path: Path) -> None:
    """Names that come to the same are refused together, before either has an object."""
    names = ["output.hook-secret", "output.hook_secret"]
    with pytest.raises(SecretSinkError, match=r"cannot take the secret live/shop output\.hook_s"):
        opened(tmp_path).check("shop", names)
    opened(tmp_path).store("shop", names[0], "one")
    with pytest.raises(SecretSinkError, match=r"output\.hook_secret"):
        opened(tmp_path).check("shop", names[1:])


def test_a_quoted_text_that_looks_like_an_assignment_is_none(tmp_path: Path) -> None:
    """A value over several lines is one value."""
    (tmp_path / ".env").write_text(f'A=\'\n{VARIABLE}=no\n\'\nB="\n{VARIABLE}=no \\"\n"\n')
    opened(tmp_path).check("shop", [HOOK])


def test_a_secret_that_no_file_can_hold(tmp_path: Path) -> None:
    """A variable cannot have a NUL in it."""
    with pytest.raises(SecretSinkError, match="NUL"):
        opened(tmp_path).store("shop", HOOK, "a\0b")


# ── git ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(GIT is None, reason="git is not installed")
def test_a_file_that_git_would_take_up_is_refused(tmp_path: Path) -> None:
    """Not ignored, then ignored, then ignored and tracked all the same."""
    git(tmp_path, "init", "--quiet")
    sink = opened(tmp_path)
    with pytest.raises(SecretSinkError) as raised:
        sink.check()
    assert "would be committed" in raised.value.message
    assert "add .env to .gitignore" in str(raised.value.hint)
    (tmp_path / ".gitignore").write_text(".env\n")
    sink.check()
    (tmp_path / ".env").write_text("A=1\n")
    git(tmp_path, "add", "--force", ".env")
    with pytest.raises(SecretSinkError, match="would be committed"):
        sink.check()


@pytest.mark.skipif(GIT is None, reason="git is not installed")
def test_the_repository_is_that_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link out of the project, a folder that is to be made, a hook's variables."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "shop").mkdir()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(SecretSinkError, match="would be committed"):
        opened(tmp_path / "shop", name="new/.env").check()


def test_without_git_nothing_can_be_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No git, no question."""
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    opened(tmp_path).check()
