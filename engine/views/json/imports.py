"""What an import of a whole account writes and leaves out, as a document."""

from __future__ import annotations

from typing import Any

from engine.ports.reports import AccountImport, ImportedStack
from engine.views.json.values import FORMAT_VERSION, known


def import_document(report: AccountImport) -> dict[str, Any]:
    """An import of a whole account."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": report.environment,
        "account": {"id": report.account_id, "livemode": report.livemode},
        "found": report.found,
        "written": report.written,
        "finished": list(report.finished),
        "stacks": [_stack(stack) for stack in report.stacks],
        "left": [
            {"type": left.type, "why": left.why.value, "count": left.count} for left in report.left
        ],
        "refused": [
            {"address": one.address, "type": one.key.type, "id": one.key.id, "reason": one.reason}
            for one in report.refused
        ],
        "unread": [{"type": one.type, "reason": one.reason} for one in report.unread],
        "ignored": [
            {
                "stack": leaf.stack,
                "address": leaf.address,
                "path": leaf.path,
                "code": known(leaf.code),
                "actual": known(leaf.actual),
            }
            for leaf in report.ignored
        ],
        "unknown": [
            {
                "stack": one.stack,
                "address": one.address,
                "path": one.path,
                "secret": one.secret,
            }
            for one in report.unknown
        ],
        "notes": list(report.notes),
        "without_state": list(report.without_state),
        "requests": report.requests,
    }


def _stack(stack: ImportedStack) -> dict[str, Any]:
    return {
        "stack": stack.name,
        "file": stack.file,
        "text": stack.text,
        "resources": [
            {"address": address, "type": key.type, "id": key.id}
            for address, key in stack.objects.items()
        ],
        "new": list(stack.new),
    }
