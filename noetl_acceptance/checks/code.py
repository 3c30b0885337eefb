"""Finds what could make a call of its own in the Python code of a playbook's steps."""

from __future__ import annotations

import ast
import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from noetl_acceptance.model.playbooks import Playbook

CLIENTS = (
    "aiohttp",
    "asyncio.open_connection",
    "fsspec",
    "ftplib",
    "grpc",
    "http.client",
    "httplib2",
    "httpx",
    "imaplib",
    "niquests",
    "noetl",
    "os.exec",
    "os.popen",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "paramiko",
    "poplib",
    "pycurl",
    "requests",
    "smart_open",
    "smtplib",
    "socket.create_connection",
    "socket.socket",
    "subprocess",
    "telnetlib",
    "tornado.httpclient",
    "urllib.request",
    "urllib3",
    "websocket",
    "websockets",
    "xmlrpc.client",
)
"""What can make a call, by the start of its dotted name (``noetl`` has an HTTP tool inside)."""

_IMPORTERS = ("__import__", "importlib.import_module", "import_module")

_RUNNERS = ("exec", "eval")
"""What runs code that stands in a text."""


def python_of_steps(playbook: Playbook) -> Iterator[tuple[str, str]]:
    """Yield the Python code of a playbook with the name of its step, tool lists included."""
    for name, step in playbook.steps().items():
        for code in _code_under(step):
            yield name, code
    for code in _code_under(playbook.document.get("workbook")):
        yield "workbook", code


def clients_in(code: str) -> list[str]:
    """Return the dotted names in code by which it could make a call, sorted.

    Code that this Python cannot parse (a newer one's syntax, a template inside) is searched as
    text for the same names.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return sorted(c for c in CLIENTS if re.search(_used(c), code))
    return sorted({client for name in _names(tree) if (client := _client(name))})


def _used(client: str) -> str:
    """Return a pattern for a client that is imported, or called by its dotted name."""
    name = re.escape(client)
    return rf"\b(import|from)\s+{name}\b" + (rf"|\b{name}" if "." in client else rf"|\b{name}\.")


def _client(name: str) -> str | None:
    """Return the client that a dotted name is, or belongs to."""
    for client in CLIENTS:
        whole = client.startswith("os.")  # os.exec stands for execv, execvp and the like
        if name == client or name.startswith(client if whole else f"{client}."):
            return client
    return None


def _names(tree: ast.AST) -> Iterator[str]:
    """Yield every dotted name that code imports or uses, in terms of the modules imported."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
                first = alias.name.split(".")[0]
                known[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{node.module}.{alias.name}"
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            yield _dotted(node, known)
        elif isinstance(node, ast.Call):
            yield from _imported_by(node, known)


def _imported_by(call: ast.Call, known: Mapping[str, str]) -> Iterator[str]:
    """Yield what a call imports, or the code that it runs, where that stands there as a text."""
    if _dotted(call.func, known) in _IMPORTERS:
        yield from _texts(call)
    elif getattr(call.func, "id", "") in _RUNNERS:
        for text in _texts(call):
            yield from clients_in(text)


def _texts(call: ast.Call) -> Iterator[str]:
    """Yield the texts that a call is given as they stand in the code."""
    for argument in call.args:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def _dotted(node: ast.AST, known: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return known.get(node.id, node.id if node.id in _IMPORTERS else "")
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, known)}.{node.attr}"
    return ""


def _code_under(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if value.get("kind") == "python":
            yield from _code_of(value)
        for inner in value.values():
            yield from _code_under(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _code_under(inner)


def _code_of(tool: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(tool.get("code"), str):
        yield tool["code"]
    for key in ("code_b64", "code_base64"):
        if isinstance(tool.get(key), str):
            try:
                yield base64.b64decode(tool[key]).decode()
            except (binascii.Error, UnicodeDecodeError):
                continue
