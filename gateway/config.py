"""The gateway's configuration: TOML -> frozen values, with every problem at once.

pydantic reads it: the gateway runs on a server, where the memory that bars pydantic from nodes does not matter, and it
reports all errors of a file with path and value (msgspec stops at the first).
"""

from __future__ import annotations

import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import ConfigError, Problem

Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("no such time zone; write it as Europe/Berlin or UTC") from error
    return name


Zone = Annotated[str, AfterValidator(_zone)]


def _in_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:  # ~nobody/file
        raise ValueError(f"{error}; write the path in full") from error


File = Annotated[Path, AfterValidator(_in_home)]


class Section(BaseModel):
    """A table of the file: frozen, and strict about its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Site(Section):
    """Which site this gateway serves."""

    name: Name = Field(default="site", description="the site's name in every topic, [a-z0-9-]{1,32}")
    identity: File = Field(default=Path("site.toml"), description="the site's identity, made by `init`")
    zone: Zone = Field(default="UTC", description="the time zone of the clock on its wall, such as Europe/Berlin")


class Mqtt(Section):
    """The broker."""

    host: str = Field(default="127.0.0.1", min_length=1, description="the broker's host name or address")
    port: int = Field(default=1883, ge=1, le=65535, description="the broker's port; 8883 is usual for TLS")
    username: str = Field(default="", description="empty: none")
    password_file: File | None = Field(default=None, description="a file whose first line is the password")
    ca_file: File | None = Field(default=None, description="PEM; given: TLS, and the broker must be signed by it")
    cert_file: File | None = Field(default=None, description="PEM; our own certificate for mutual TLS")
    key_file: File | None = Field(default=None, description="PEM; its key")
    keepalive_s: int = Field(default=30, ge=1, le=3600, description="silence after which the broker is asked, s")
    receive_max: int = Field(default=65535, ge=1, le=65535, description="messages in flight before they are committed")


class Identity(Section):
    """The site's authority, and who enrols with it."""

    folder: File = Field(default=Path("identity"), description="the authority's folder, made by `init`")
    enrol_host: str = Field(default="", description="address at which nodes enrol and renew; empty: all of them")
    enrol_port: int = Field(default=8884, ge=0, le=65535, description="its port; 0: nobody can")
    token_minutes: float = Field(default=15.0, gt=0, le=1440, description="how long an invitation is good, min")
    certificate_days: float = Field(default=365.0, gt=0, le=3650, description="how long a certificate counts, days")
    broker_pid: File = Field(default=Path("broker/mosquitto.pid"), description="the file with the broker's process id")
    reload_command: str = Field(
        default="", description="has the broker read its lists again; empty: SIGHUP to `broker_pid`"
    )


class Ingest(Section):
    """How messages become rows."""

    commit_messages: int = Field(default=2000, ge=1, le=20000, description="messages a commit takes at most")
    commit_ms: int = Field(default=50, ge=0, le=5000, description="how long a message waits for company, ms")
    rate_per_s: float = Field(default=1000.0, gt=0, description="messages (and KiB) a second that one node may send")
    burst: float = Field(default=5000.0, ge=1, description="messages (and KiB) a silent node saves up")
    streams: int = Field(
        default=64, ge=1, description="streams that one node may have; what it says in others is refused"
    )
    quarantine_rows: int = Field(default=1000, ge=0, description="refused messages kept for a look; all are counted")


class Store(Section):
    """The database."""

    path: File = Field(default=Path("gateway.db"), description="SQLite file")
    retain_days: float = Field(default=365.0, gt=0, description="age at which records are removed, days")
    retain_mb: float = Field(default=10_000.0, ge=1, description="size at which the oldest are removed, MB")
    raw_rows: int = Field(default=10_000, ge=0, description="raw windows kept")
    raw_mb: float = Field(default=1000.0, ge=0, description="size of all of them at which the oldest are removed, MB")


class Presence(Section):
    """When a silent node is late, and when lost."""

    grace_s: float = Field(default=10.0, ge=0, description="added to every promise that names no grace, s")
    silence_s: float = Field(default=3600.0, gt=0, description="interval assumed where a node promised none, s")


class Aggregate(Section):
    """Windows over each column."""

    window_s: float = Field(default=300.0, ge=1, description="length of a window, s")
    lateness_s: float = Field(default=3600.0, ge=0, description="how long a window waits for late records, s")


class Publish(Section):
    """What subscribers get."""

    results: Literal["latest", "all"] = Field(
        default="latest", description='"latest": the newest row of each stream; "all": every row, also in order'
    )
    interval_s: float = Field(default=1.0, ge=0.05, description="a topic is written at most this often, s")
    aggregates_s: float = Field(default=10.0, ge=0.1, description="open windows are written this often, s")


class Push(Section):
    """What nodes are told."""

    watermark_s: float = Field(default=10.0, ge=0.1, description="receipts are repeated in `desired` this often, s")


class Policy(Section):
    """Policies for nodes."""

    key_file: File = Field(
        default=Path("policy.key"), description="what signs them, made by `init`; of its owner alone"
    )
    valid_days: float = Field(default=30.0, gt=0, le=3650, description="how long one holds, where nothing else is said")
    schedule_file: File | None = Field(default=None, description="rules by hour, battery and sun; see the reference")
    schedule_s: float = Field(default=60.0, ge=1, description="how often the rules are looked at, s")


class Models(Section):
    """What nodes may fetch."""

    folder: File = Field(default=Path("models"), description="a repository, made by `torpor models init`")
    kib_per_s: float = Field(default=256.0, gt=0, description="what one node may draw from it, KiB/s")
    burst_kib: float = Field(default=4096.0, ge=64, description="what a node that asked for nothing saves up, KiB")
    most_mb: float = Field(
        default=1024.0, ge=0, description="MB of files above which those of retired models go, the longest unused first"
    )


class Serve(Section):
    """The API."""

    host: str = Field(default="127.0.0.1", min_length=1, description="address at which it answers")
    port: int = Field(default=0, ge=0, le=65535, description="its port; 0: no API")
    token_file: File = Field(
        default=Path("api.token"), description="the token that opens it, made when it is not there; of its owner alone"
    )
    cert_file: File | None = Field(default=None, description="PEM; given: TLS, which every address but loopback needs")
    key_file: File | None = Field(default=None, description="PEM; its key")


class Escalate(Section):
    """Better answers for windows that nodes are unsure of."""

    models: dict[str, File] = Field(
        default={}, description='a larger model for a stream, .tflite or .onnx with its card: `digits = "large.tflite"`'
    )
    threads: int = Field(default=1, ge=1, le=64, description="processors that a model may use")
    most_mb: int = Field(default=2048, ge=256, description="memory that a model's process may take, MB")
    run_s: float = Field(default=10.0, gt=0, le=600, description="time after which a run is ended, and its process, s")
    batch_windows: int = Field(default=32, ge=1, le=1024, description="windows of one run, from any nodes")
    deadline_ms: float = Field(default=50.0, ge=0, le=10_000, description="how long a window waits for others, ms")
    queue_windows: int = Field(
        default=1000, ge=1, description="windows that may wait; of one more, the node with the most loses its newest"
    )
    sure: float = Field(
        default=0.0, ge=0, le=1, description="an answer of less confidence is asked of the cloud, where there is one"
    )
    cloud_url: str = Field(
        default="",
        pattern=r"^$|^https?://[^\s]+$",
        description="endpoint of the Open Inference Protocol v2, with a model of the stream's name; empty: none",
    )
    cloud_labels: tuple[str, ...] = Field(default=(), description="its classes, where it answers probabilities alone")
    cloud_token_file: File | None = Field(default=None, description="a file whose first line is its bearer token")
    cloud_timeout_s: float = Field(
        default=5.0, gt=0, le=300, description="longest time for a question and its repeats, s"
    )
    cloud_attempts: int = Field(default=3, ge=1, le=10, description="times that a question is asked")
    breaker_failures: int = Field(default=5, ge=1, description="failures in a row after which it is left alone")
    breaker_pause_s: float = Field(default=30.0, gt=0, description="for how long at first, s; doubles up to 16 times")


class Config(Section):
    """The whole file; every section and every option has a default."""

    site: Site = Site()
    mqtt: Mqtt = Mqtt()
    identity: Identity = Identity()
    ingest: Ingest = Ingest()
    store: Store = Store()
    presence: Presence = Presence()
    aggregate: Aggregate = Aggregate()
    publish: Publish = Publish()
    push: Push = Push()
    policy: Policy = Policy()
    models: Models = Models()
    serve: Serve = Serve()
    escalate: Escalate = Escalate()


_PATHS: Final = (
    ("site", "identity"),
    ("identity", "folder"),
    ("identity", "broker_pid"),
    ("store", "path"),
    ("models", "folder"),
    ("mqtt", "password_file"),
    ("mqtt", "ca_file"),
    ("mqtt", "cert_file"),
    ("mqtt", "key_file"),
    ("policy", "key_file"),
    ("policy", "schedule_file"),
    ("serve", "token_file"),
    ("serve", "cert_file"),
    ("serve", "key_file"),
    ("escalate", "cloud_token_file"),
)
"""Options that name files."""


def read(path: Path) -> Config:
    """Read a gateway.toml; relative paths in it are taken from its folder.

    Raises:
        ConfigError: every problem of the file.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        missing = "there is no such file; --config says where it is, and `torpor-gateway init DIR` writes one"
        said = missing if isinstance(error, FileNotFoundError) else str(error)
        raise ConfigError([Problem(str(path), said)]) from error
    try:
        config = Config.model_validate(_resolved(table, path.parent))
    except ValidationError as error:
        raise ConfigError([_problem(dict(each)) for each in error.errors()]) from error
    problems = _contradictions(config)
    if problems:
        raise ConfigError(problems)
    return config


def _resolved(table: dict[str, object], base: Path) -> dict[str, object]:
    """Take relative paths from the file's folder, not from wherever the gateway was started."""
    for section, key in _PATHS:
        options = table.setdefault(section, {})
        default = Config.model_fields[section].default.model_dump()[key]
        if isinstance(options, dict):
            value = options.get(key, default)
            if isinstance(value, str | Path):
                options[key] = _from(base, value)
    escalate = table["escalate"]
    if isinstance(escalate, dict) and isinstance(larger := escalate.get("models"), dict):
        escalate["models"] = {k: _from(base, v) if isinstance(v, str) else v for k, v in larger.items()}
    return table


def _from(base: Path, path: Path | str) -> str:
    """Return a path as it is meant; one in somebody's home is found by the option's own check."""
    return str(path) if str(path).startswith("~") else str(base / path)


def _problem(found: dict[str, object]) -> Problem:
    where = ".".join(str(each) for each in found["loc"])  # type: ignore[attr-defined]
    message = str(found["msg"])
    if found["type"] == "extra_forbidden":
        return Problem(where, f"no such option; valid: {', '.join(_options(where))}")
    return Problem(where, f"{message[:1].lower()}{message[1:]}, got {found['input']!r}{_doc(where)}")


def _options(where: str) -> list[str]:
    name, _, option = where.partition(".")
    section = Config.model_fields.get(name)
    if not option or section is None:
        return sorted(Config.model_fields)
    return sorted(type(section.default).model_fields)


def _doc(where: str) -> str:
    section, _, option = where.partition(".")
    if section not in Config.model_fields or not option:
        return ""
    field = type(Config.model_fields[section].default).model_fields.get(option)
    return f"; {field.description}" if field is not None else ""


def _contradictions(config: Config) -> list[Problem]:
    """Find what is wrong between two options, and with files that must be there."""
    problems = []
    for name, section in (("mqtt", config.mqtt), ("serve", config.serve)):
        if (section.cert_file is None) != (section.key_file is None):
            told = "a certificate and its key_file go together; give both or none"
            problems.append(Problem(f"{name}.cert_file", told))
        for option in ("password_file", "ca_file", "cert_file", "key_file"):
            path = getattr(section, option, None)
            if path is not None and not path.is_file():
                problems.append(Problem(f"{name}.{option}", f"no file {path}"))
    if config.serve.port and config.serve.cert_file is None and not _is_loopback(config.serve.host):
        told = f"{config.serve.host!r} is open to the network, where a token must not be heard"
        problems.append(Problem("serve.host", f"{told}; give cert_file and key_file, or stay at 127.0.0.1"))
    larger = {f"models.{stream}": path for stream, path in config.escalate.models.items()}
    for option, path in {**larger, "cloud_token_file": config.escalate.cloud_token_file}.items():
        if path is not None and not path.is_file():
            problems.append(Problem(f"escalate.{option}", f"no file {path}"))
    return problems


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
