"""Settings of one's own for NoETL: what the file says, and what is refused of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from noetl_acceptance.errors import UsageError
from noetl_acceptance.generations.python_runtime import PythonServices
from noetl_acceptance.generations.reserved import reason_for, require_free
from noetl_acceptance.generations.rust import RustServices
from noetl_acceptance.generations.services import Backends, Services, Surroundings
from noetl_acceptance.options import changed_options, load_settings
from noetl_acceptance.sandbox.proxies import NO_PROXY, proxy_variables
from noetl_acceptance.sandbox.tls import TRUST_VARIABLE
from noetl_acceptance.support.redaction import MARK
from noetl_acceptance.support.settings_file import SettingsFile, read_settings, words_of_settings

TEXT = """\
# as one's own deployment runs it

NOETL_ORPHAN_SWEEP_ENABLED=true   # a comment behind it
export LOG_LEVEL = WARNING
QUOTED="two words\\nand $HOME"
PLAIN='as it is # here'
EMPTY=
NOETL_INTERNAL_API_TOKEN=not-to-be-told-1
SHORT_KEY=abc
MIRROR=https://me:not-to-be-told-2@mirror.example/simple
"""


def read(folder: Path, text: str | bytes) -> SettingsFile:
    file = folder / "own.env"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_settings(file)


def test_a_file_is_read_as_other_tools_read_it(tmp_path: Path) -> None:
    assert read(tmp_path, TEXT).values == {
        "NOETL_ORPHAN_SWEEP_ENABLED": "true",
        "LOG_LEVEL": "WARNING",
        "QUOTED": "two words\nand $HOME",
        "PLAIN": "as it is # here",
        "EMPTY": "",
        "NOETL_INTERNAL_API_TOKEN": "not-to-be-told-1",
        "SHORT_KEY": "abc",
        "MIRROR": "https://me:not-to-be-told-2@mirror.example/simple",
    }
    assert read(tmp_path, "# nothing\n").values == {}


def test_what_may_be_secret_is_not_told(tmp_path: Path) -> None:
    own = read(tmp_path, TEXT)
    assert own.told["NOETL_ORPHAN_SWEEP_ENABLED"] == "true"
    assert own.told["NOETL_INTERNAL_API_TOKEN"] == own.told["SHORT_KEY"] == MARK
    assert own.told["MIRROR"] == f"https://{MARK}@mirror.example/simple"
    assert set(own.secrets.values()) == {
        "not-to-be-told-1",
        "https://me:not-to-be-told-2@mirror.example/simple",
        "me:not-to-be-told-2",
        "not-to-be-told-2",
    }
    assert "not-to-be-told" not in f"{own} {own!r} {own.told}"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("OUR_DB_PWD=abcd", MARK),
        ("OPENAI_APIKEY=abcd", MARK),
        ("X_PASSPHRASE=abcd", MARK),
        ("X_CREDENTIALS=abcd", MARK),
        ("X_DSN=abcd", MARK),
        ("X_AUTH=abcd", MARK),
        ("X_AUTH_MODE=abcd", "abcd"),
        ("X_AUTHOR=abcd", "abcd"),
        ("NOETL_SECRET_AUDIT_REQUIRED=true", "true"),
        ("NOETL_LOOP_RESULT_PREVIEW_KEYS=5", "5"),
        ("X_TOKEN=1234", MARK),
        ("NOETL_CREDENTIAL_CACHE_TTL_SECONDS=3600", "3600"),
        ("X_KEY_MAX=abcd", MARK),
    ],
)
def test_a_name_tells_what_may_be_secret(line: str, told: str, tmp_path: Path) -> None:
    assert list(read(tmp_path, line).told.values()) == [told]


LONG = "long/p@ss:word-1"


@pytest.mark.parametrize(
    ("value", "told", "secrets"),
    [
        (f"amqp://u:{LONG}@h:5672/0", f"amqp://{MARK}@h:5672/0", {f"u:{LONG}", LONG}),
        ("redis://u:p/w@h/0", f"redis://{MARK}@h/0", set()),
        ("redis://u:p@ss@h/0", f"redis://{MARK}@h/0", set()),
        ("http://:long%2Fpassword@h", f"http://{MARK}@h", {"long%2Fpassword", "long/password"}),
        (f"a://b:{LONG}@h,a://h2,c://d@h3", f"a://{MARK}@h,a://h2,c://{MARK}@h3", {LONG}),
        (f"host=h password={LONG} port=1", f"host=h password={MARK} port=1", {LONG}),
        (
            "host=h;Password = 'it\\'s so long';port=1",
            f"host=h;Password = {MARK};port=1",
            {"it's so long"},
        ),
        (f"https://h/?api_token={LONG}&a=1", f"https://h/?api_token={MARK}&a=1", {LONG}),
        (f'{{"pwd": "{LONG}", "a": 1}}', f'{{"pwd": {MARK}, "a": 1}}', {LONG}),
        ("http://token:abcdefghijkl@h", f"http://{MARK}@h", {"abcdefghijkl"}),
        ("a=1 keys=2 passed=3 x@y", "a=1 keys=2 passed=3 x@y", set()),
    ],
)
def test_a_password_within_a_value_is_a_secret_of_its_own(
    tmp_path: Path, value: str, told: str, secrets: set[str]
) -> None:
    own = SettingsFile(tmp_path / "own.env", {"R": value}, {"R": 1})
    assert own.told == {"R": told}
    assert secrets <= set(own.secrets.values())
    assert all(len(word) >= 12 for word in own.secrets.values())
    assert bool(own.secrets) == (told != value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("https://me@mirror.example/a,b?c=d%20[e]", None),
        ("", None),
        ("Größe", None),
        ("1 B=2", '"1 B=2"'),
        ('say "no"', r'"say \"no\""'),
        ("a\nb\r\tc", r'"a\nb\r\tc"'),
        ("\x1b[31mred", r'"\u001b[31mred"'),
        ("a\u2028b\x7f", r'"a\u2028b\u007f"'),
    ],
)
def test_settings_in_one_line_are_told_apart(value: str, told: str | None) -> None:
    line = f"A={value if told is None else told} C=d"
    assert words_of_settings({"A": value, "C": "d"}) == line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A=1\nno setting\n", "own.env:2 cannot be read"),
        ("A=1\n\n# b\nB='open\n", "own.env:4 cannot be read"),
        ("A=1\nB=2\nA=3\n", "own.env:3: A stands in line 1 already"),
        ("\n\n2A=1\n", "own.env:3: '2A' is not the name of a variable"),
        ("A-B=1\n", "own.env:1: 'A-B' is not the name of a variable"),
        (b"A=\xff\n", "own.env is not text in UTF-8"),
        (b"A=a\0b\n", "own.env:1 cannot be read"),
    ],
)
def test_a_wrong_file_is_one_line_with_the_place(
    tmp_path: Path, text: str | bytes, words: str
) -> None:
    with pytest.raises(UsageError) as raised:
        read(tmp_path, text)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_value_stands_in_no_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        read(tmp_path, "A=not-to-be-told\nA=not-to-be-told\n")
    assert "not-to-be-told" not in str(raised.value)


@pytest.mark.parametrize("name", ["missing.env", "."])
def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as raised:
        load_settings({"noetl_settings": str(tmp_path / name)}, {})
    assert str(tmp_path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_option_reads_it_and_is_told_by_its_path(tmp_path: Path) -> None:
    file = read(tmp_path, TEXT).file
    settings = load_settings({"noetl_settings": str(file)}, {})
    assert settings.told_settings["LOG_LEVEL"] == "WARNING"
    assert changed_options(settings) == {"noetl_settings": str(file)}
    assert load_settings({}, {}).told_settings == {}


FREE = {
    "NOETL_SCHEMA_VALIDATE",
    "NOETL_ENABLE_UI",
    "NOETL_DEBUG",
    "NOETL_AUTO_RECREATE_RUNTIME",
    "NOETL_HEARTBEAT_RETRY_AFTER",
    "NOETL_RUNTIME_SWEEP_INTERVAL",
    "NOETL_RUNTIME_OFFLINE_SECONDS",
    "NOETL_DISABLE_METRICS",
    "NOETL_SERVER_METRICS_INTERVAL",
    "NOETL_POSTGRES_POOL_TIMEOUT_SECONDS",
    "NOETL_CREDENTIAL_CACHE_TTL_SECONDS",
    "NOETL_ORCHESTRATE_PLUGIN_DRIVE",
    "LOG_LEVEL",
    "RUST_LOG",
    "RUST_BACKTRACE",
}
"""What the suite sets as well, and settings of one's own replace."""


@pytest.mark.parametrize("services", [PythonServices("python"), RustServices("/bin", "python3")])
def test_what_the_suite_must_set_is_refused_and_the_rest_is_free(services: Services) -> None:
    backends = Backends("db", 1, "nats", 2, "pw-one", "pw-two")
    surroundings = Surroundings(backends, "http://x", ("127.0.0.1", 3), "/data", "pw-three")
    names = {
        *services.variables(surroundings),
        *services.server_variables(surroundings),
        *services.worker_variables(1, load_settings({}, {})),
        *NO_PROXY,
        *proxy_variables("http://sink", ["x"]),
        TRUST_VARIABLE,
    }
    assert {name for name in names if not reason_for(name)} <= FREE
    assert [name for name in FREE if reason_for(name)] == []
    assert not reason_for("NOETL_ORPHAN_SWEEP_ENABLED")
    assert not reason_for("NOETL_COMMAND_REAPER_INTERVAL_SECONDS")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("NOETL_SHARDS NOETL_CLUSTER_DSN NOETL_AUTH_DB_CONNECTION_STRING", "a database of its own"),
        ("NOETL_POSTGRES_ENFORCE_PGBOUNCER NOETL_POSTGRES_PGBOUNCER_HOST", "a database of its own"),
        ("NOETL_EVENT_NATS_URL NOETL_PROJECTOR_NATS_URL", "a message broker of its own"),
        ("NATS_TOKEN NATS_CREDS NATS_STREAM NATS_FILTER_SUBJECT", "a message broker of its own"),
        ("NOETL_NATS_URL NOETL_WORKER_NATS_CONSUMER", "a message broker of its own"),
        ("NOETL_WORKER_METRICS_PORT NOETL_WORKER_METRICS_HOST NOETL_API_URL", "services listen"),
        ("NOETL_port NOETL_PEER_URL_TEMPLATE", "services listen"),
        ("NOETL_TLS_CERT NOETL_TLS_KEY NOETL_TLS_CLIENT_CA", "plain HTTP"),
        ("NOETL_SHARD_COUNT NOETL_SHARD_INDEX", "one process as the server"),
        ("WEB_CONCURRENCY", "one process as the server"),
        ("NOETL_SNOWFLAKE_NODE_ID NOETL_SHARD_ID", "told from one another"),
        ("WORKER_MODE NOETL_WORKER_MODE NOETL_RUN_MODE", "workers that take commands"),
        ("NOETL_WORKER_DB_SEMAPHORE", "-D worker-inflight"),
        ("REQUESTS_CA_BUNDLE", "trust the profile API"),
        ("NOETL_STORAGE_LOCAL_CACHE_DIR", "keeps what NoETL writes"),
        ("NOETL_LOG_FORMAT", "reads times and messages"),
        ("NOETL_debug noetl_orchestrate_plugin_drive Noetl_Debug", "in capitals"),
    ],
)
def test_what_would_move_what_is_the_suites_is_refused(names: str, reason: str) -> None:
    assert [name for name in names.split() if reason not in reason_for(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        "NOETL_WORKER_NATS_ACK_WAIT_SECONDS",
        "NOETL_NATS_BLOCKING_CLAIM",
        "NOETL_NATS_CLAIM_EXPIRES_MS",
        "NOETL_NODE_ID",
        "NOETL_EVENT_MIRROR_ENABLED",
        "NOETL_WORKER_METRICS_INTERVAL",
        "NOETL_WORKER_POOL_SEGMENTS",
        "POSTGRES_MAX_CONNECTIONS",
        "POSTGRES_ACQUIRE_TIMEOUT",
        "our_own_setting",
    ],
)
def test_what_only_tunes_is_free(name: str) -> None:
    assert not reason_for(name)


def test_a_refused_setting_is_named_with_its_line_and_the_reason(tmp_path: Path) -> None:
    own = read(tmp_path, "LOG_LEVEL=DEBUG\n\nNATS_PASSWORD=not-to-be-told\n")
    with pytest.raises(UsageError) as raised:
        require_free(own)
    assert "own.env:3: NATS_PASSWORD is not yours to set: the sandbox has" in str(raised.value)
    assert "not-to-be-told" not in str(raised.value)
    require_free(read(tmp_path, "LOG_LEVEL=DEBUG\n"))
