"""What counts as an HTTP client in the Python code of a step."""

from __future__ import annotations

import base64

import pytest

from noetl_acceptance.checks.code import clients_in, python_of_steps
from noetl_acceptance.model.playbooks import Playbook
from tests.runs import WORKER_PATH


@pytest.mark.parametrize(
    ("code", "client"),
    [
        ("import httpx", "httpx"),
        ("import requests as r", "requests"),
        ("from urllib.request import urlopen", "urllib.request"),
        ("from urllib import request", "urllib.request"),
        ("import urllib\nurllib.request.urlopen('x')", "urllib.request"),
        ("import http.client", "http.client"),
        ("from http import client as c", "http.client"),
        ("import socket\nsocket.create_connection(('x', 1))", "socket.create_connection"),
        ("import asyncio as a\na.open_connection('x', 1)", "asyncio.open_connection"),
        ("import os\nos.system('curl x')", "os.system"),
        ("import os\nos.execvp('curl', [])", "os.exec"),
        ("import subprocess", "subprocess"),
        ("x = __import__('httpx')", "httpx"),
        ("import importlib\nimportlib.import_module('urllib3')", "urllib3"),
        ("from importlib import import_module as i\ni('requests')", "requests"),
        ("from noetl.tools import http", "noetl"),
        ("def broken(:\n  import httpx", "httpx"),
        ("exec('import requests')", "requests"),
        ("x = eval(\"__import__('niquests').get(url)\")", "niquests"),
        ("import xmlrpc.client", "xmlrpc.client"),
        ("from tornado import httpclient", "tornado.httpclient"),
    ],
)
def test_a_client_is_found(code: str, client: str) -> None:
    assert clients_in(code) == [client]


@pytest.mark.parametrize(
    "code",
    [
        "import json\nresult = {}",
        "from http import HTTPStatus",
        "from urllib.parse import urlsplit",
        "import socket\nname = socket.gethostname()",
        "import os\nhome = os.environ.get('HOME')",
        'result = f"{row["name"]} {{% x %}}"',
        "requests = [1]\nresult = requests",
        "{% if x %}result = 1{% endif %}",
        "exec('result = {}')",
        "x = eval(text)",
    ],
)
def test_what_makes_no_call_is_let_through(code: str) -> None:
    assert clients_in(code) == []


def test_code_is_found_in_lists_of_tools_and_in_base64() -> None:
    packed = base64.b64encode(b"import httpx").decode()
    text = f"""
workflow:
- step: plain
  tool: {{kind: python, code: "a = 1"}}
- step: list
  tool:
  - fetch: {{kind: http, params: {{code: "import httpx"}}}}
  - shape: {{kind: python, code_b64: {packed}}}
"""
    playbook = Playbook(path=WORKER_PATH, file="x.yaml", text=text)
    assert list(python_of_steps(playbook)) == [("plain", "a = 1"), ("list", "import httpx")]
