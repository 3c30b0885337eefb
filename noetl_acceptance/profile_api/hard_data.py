"""An answer whose keys and values are of the kinds that software between systems has harmed.

Each entry is a kind of its own, with who is known to change it. NUL is not among them: a database
that stores JSON as jsonb cannot hold it (PostgreSQL's documentation, "JSON Types"). Nor are -0.0
and 1e22, which jsonb writes otherwise.

A set that is in use never changes: a record is held against the set that its API has sent. What is
added makes a new set.
"""

from __future__ import annotations

from typing import Any

PROFILE = "profile"
"""The key in the answer's body below which the entries stand."""

_DIGEST = "3b7e1a0c" * 8

_FIRST: dict[str, Any] = {
    # Template engines: Jinja and its kin, Mustache, ERB and JSP, shell-like ones.
    "expression": "{{ 7 * 6 }}",
    "statement": "{% raw %} {% endraw %}",
    "comment": "{# not a comment #}",
    "interpolation": "${7 * 6} $HOME $$ #{7 * 6}",
    "erb": "<%= 7 * 6 %>",
    "percent": "100% %s %(name)s %20",
    "format": "{0} {name} {{}}",
    # SQL, shells, HTML, JSON within text.
    "sql": "O'Brien'; DROP TABLE nobody; --",
    "dollar_quote": "$$ $tag$ $1 $2",
    "backslash": "C:\\new\\table \\u0041 \\x41",
    "shell": "$(id) `id` ; | & > ~",
    "html": "<b>R&amp;D</b>",
    "json": '{"a": [1, "2"]}',
    "quotes": "\"double\" 'single'",
    "lines": "one\ntwo\r\nthree\tend",
    # What maskers of secrets look for, in values and in keys.
    "digest": _DIGEST,
    "base64": "QWxhZGRpbjpvcGVuIHNlc2FtZQ" * 2,
    "bearer": "Bearer of good news",
    "basic": "Basic knowledge of Greek",
    "jwt": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJub2JvZHkiLCJhZ2UiOjQyfQ.",
    "password": "a word to pass",
    "api_token": "one for each ride",
    "author": "a key that holds the word auth",
    # What readers of YAML and JSON turn into another type.
    "word_no": "no",
    "word_null": "null",
    "word_true": "True",
    "octal": "0123",
    "exponent": "1e3",
    "date": "2026-01-31",
    "sexagesimal": "12:30:45",
    "tilde": "~",
    "number_text": "42",
    "big": 9007199254740993,
    "fraction": 0.1,
    "negative": -1,
    "true": True,
    "false": False,
    "nothing": None,
    "empty": "",
    "empty_list": [],
    "empty_object": {},
    # Shapes, and names that template engines take for methods.
    "items": ["a", {"data": "b", "result": "c"}],
    "data": {"keys": 1, "values": 2, "get": 3},
    "list_in_list": [[1, 2], [3]],
    "{{ key }}": "a key in braces",
    "a key. with-odd 'marks'": "and its value",
    # Texts that are long, or not of the Latin alphabet.
    "long": "x" * 5000,
    "right_to_left": "\u0645\u0633\u0627\u0641\u0631 \u202eabc\u202c",
    "astral": "\U0001f642 \U0001f469\u200d\U0001f680",
    "combining": "e\u0301 is not \u00e9",
    "control": "\u0001\u001b\u007f",
    "spaces": "  both ends  ",
}

_SECOND: dict[str, Any] = {
    **_FIRST,
    # Numbers that fit into no integer of 64 bits, with and without a sign.
    "beyond_unsigned": 18446744073709551616,
    "beyond_signed": -9223372036854775809,
    # What maskers of secrets look for besides.
    "Authorization": "a word for who may",
    "secret": "no secret at all",
    "access_key": "opens nothing",
    "aws_key": "AKIA" + "NOBODYSKEY" + "000000",
    "token_prefix": "ghp_" + "n0b0dy" * 6,
    "pem": "-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----",
    "dsn": "postgresql://nobody:nothing@nowhere/none",
    # Names that interpreters, readers of JSON, and NoETL itself give a meaning.
    "__proto__": {"polluted": 1},
    "$ref": "#/nothing",
    "_ref": "noetl://nothing/1",
    "": "an empty key",
    "error": "none",
    "status": "as good as any",
    "result": {"rows": []},
    "rows": [[1], []],
    # What readers of YAML turn into another type, besides.
    "word_yes": "yes",
    "hexadecimal": "0x1F",
    "underscores": "1_000",
    "infinite": ".inf",
    "not_a_number": "NaN",
    # Shapes and characters that readers of text stumble over.
    "deep": [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]],
    "separators": "a\u2028b\u2029c\u0085d",
    "byte_order_mark": "\ufeffmarked",
}

SETS = {1: _FIRST, 2: _SECOND}
"""Each set by its number."""

NEWEST = max(SETS)
