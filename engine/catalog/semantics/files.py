"""Files, links to them, and the secrets that apps keep on Stripe."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import METADATA
from engine.catalog.semantics.shared_rules import ahead, only_when
from engine.schema.attribute import Kind
from engine.schema.calls import Composite
from engine.schema.lifecycle import Ending, Life, NaturalKey, Removal, Verb
from engine.schema.naming import Naming

FILE = Row(
    face="File",
    title="file",
    stack="files",
    on_request=True,
    id_prefix="file_",
    naming=Naming(fields=("title", "filename")),
    life=Life(
        removals=(Removal(verb=Verb.KEEP, note="Stripe cannot delete a file"),),
        # D: a platform uploads an account's documents either for itself or as that account.
        named_across_accounts=True,
    ),
    fields={
        # The path of a local file; its content is sent and never returned.
        "file": Field(
            kind=Kind.STRING, content=True, write_only=True, example="stacks/example.pdf"
        ),
        # A link is declared as its own.
        "file_link_data": Field(
            ignored=True, instead=('declare the link by itself: FileLink("a-name", file=FILE.id)')
        ),
    },
)

FILE_LINK = Row(
    face="FileLink",
    title="file link",
    stack="files",
    on_request=True,
    id_prefix="link_",
    naming=Naming(fields=("file",)),
    life=Life(
        # S: url.
        loses="its URL",
        removals=(Removal(verb=Verb.EXPIRE, params={"expires_at": "now"}),),
        ending=Ending(leaves={"expired": (True,)}, explained_by=("expires_at",)),
    ),
    fields={
        **METADATA,
        "expires_at": Field(resolved=True),
    },
)

SECRET = Row(
    face="AppsSecret",
    title="app's secret",
    stack="apps",
    on_request=True,
    id_prefix="appsecret_",
    life=Life(
        removals=(Removal(verb=Verb.DELETE, call="delete_where"),),
        # R: a second create under the same name and scope writes over the first.
        natural_keys=(
            NaturalKey(attribute="name", scan=True, with_fields=("scope.type", "scope.user")),
        ),
        composite=Composite(
            fields=("name", "scope.type", "scope.user"), read="find", remove="delete_where"
        ),
    ),
    # D: `find` returns the payload only if it is expanded.
    expand=("payload",),
    hidden=("payload",),
    fields={
        "payload": Field(sensitive=True),
    },
    rules=(*only_when("scope.type", "user", "scope.user"), ahead("expires_at")),
    # Those of users are listed for one user each, and no object names the users.
    needed_filters=({"scope": {"type": "account"}},),
)

ROWS: Mapping[str, Row] = {
    "apps.secret": SECRET,
    "file": FILE,
    "file_link": FILE_LINK,
}
"""Rows of this area, by object name."""
