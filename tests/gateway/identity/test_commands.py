"""The operator's commands: what they print, write, and refuse."""

from __future__ import annotations

import ssl
import stat
from typing import TYPE_CHECKING

import pytest

from gateway.__main__ import main
from gateway.identity.broker import reload
from gateway.identity.denial import Denied
from gateway.identity.register import Register
from node.wire.enrolment import parse

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A site whose broker is not running, on a port where nobody listens."""
    assert main(["init", str(tmp_path / "site"), "--site", "orchard", "--host", "127.0.0.1", "--port", "1"]) == 0
    capsys.readouterr()
    return tmp_path / "site"


def run(site: Path, *words: str) -> int:
    """Run a command at the site."""
    return main([*words, "--config", str(site / "gateway.toml")])


def test_node_add_prints_a_token_alone_and_keeps_only_its_digest(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What goes to a file is the token; the secret itself is nowhere on the gateway's disk."""
    assert run(site, "node", "add", "pump") == 0
    told = capsys.readouterr()
    invitation = parse(told.out)
    assert (invitation.site, invitation.node) == ("orchard", "pump")
    assert told.out.count("\n") == 1
    assert "15 minutes" in told.err
    secret = told.out.split(".")[3].encode()
    kept = [each.read_bytes() for each in site.rglob("*") if each.is_file()]
    assert not [each for each in kept if secret in each or invitation.secret in each]
    assert {stat.S_IMODE(each.stat().st_mode) for each in (site / "identity").iterdir()} == {0o600}


@pytest.mark.parametrize("name", ["_", "_gateway", "Pump", "a/b", "+", "#", "p" * 33, "", "pümp", "a b"])
def test_node_add_of_no_name_is_refused(site: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The rule of names is one for topics, tokens and certificates."""
    assert run(site, "node", "add", name) == 2
    assert "NAME" in capsys.readouterr().err
    assert run(site, "node", "image", name, "--into", str(site / "image")) == 2
    assert run(site, "subscriber", "add", name, "--into", str(site / "image")) == 2
    assert not (site / "image").exists()


def test_subscriber_of_the_gateways_name_is_refused(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`_gateway` is taken."""
    assert run(site, "subscriber", "add", "gateway", "--into", str(site / "x")) == 2
    assert "gateway's own" in capsys.readouterr().err


def test_node_image_writes_a_pair_that_goes_together(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For a board that never enrols; the lines for its configuration are printed."""
    assert run(site, "node", "image", "pump", "--into", str(site / "image")) == 0
    ssl.create_default_context(cafile=site / "image" / "ca.pem").load_cert_chain(site / "image" / "node.pem")
    assert {stat.S_IMODE(each.stat().st_mode) for each in (site / "image").iterdir()} == {0o600}
    assert 'server_name = "orchard.torpor.internal"' in capsys.readouterr().out


def test_subscriber_add_without_a_broker_says_when_it_counts(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The list is written all the same; a broker that starts reads it. Revoked, it is off the list again."""
    assert run(site, "subscriber", "add", "dash", "--into", str(site / "dash")) == 1
    assert "when it starts" in capsys.readouterr().err
    listed = (site / "identity" / "acl").read_text()
    assert "user _dash\ntopic deny torpor/1/orchard/_dash/#\ntopic read torpor/1/orchard/_/#\n" in listed
    assert run(site, "subscriber", "revoke", "dash") == 1
    assert "_dash" not in (site / "identity" / "acl").read_text()


def test_list_tells_nodes_from_subscribers(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who is invited, who has a certificate until when, who was revoked; and, of nobody, how to begin."""
    assert run(site, "node", "list") == 0
    assert "node add NAME" in capsys.readouterr().err
    run(site, "node", "add", "pump")
    run(site, "node", "image", "meter", "--into", str(site / "image"))
    run(site, "subscriber", "add", "dash", "--into", str(site / "dash"))
    run(site, "node", "revoke", "meter")
    capsys.readouterr()
    assert run(site, "node", "list") == 0
    meter, pump = capsys.readouterr().out.splitlines()
    assert meter.split() == ["meter", "no", "certificate,", "1", "revoked"]
    assert "invited until" in pump
    assert run(site, "subscriber", "list") == 0
    assert capsys.readouterr().out.startswith("dash ")


def test_revoke_of_a_stranger_is_refused(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A typing error revokes nobody, and says so; nor can the gateway be revoked by hand."""
    for name in ("pmup", "_gateway"):
        assert run(site, "node", "revoke", name) == 2
        assert "nobody of that name" in capsys.readouterr().err


def test_node_add_at_a_plain_site_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One begun with --plain has no authority."""
    assert main(["init", str(tmp_path), "--plain"]) == 0
    assert run(tmp_path, "node", "add", "pump") == 2
    assert "--plain has none" in capsys.readouterr().err


def test_reload_signals_no_stranger(site: Path) -> None:
    """A process id from before a restart may be anybody's: here it is this test's own."""
    import os

    from gateway import config
    from gateway.errors import GatewayError

    params = config.read(site / "gateway.toml").identity
    params.broker_pid.write_text(str(os.getpid()))
    with pytest.raises(GatewayError, match="is no mosquitto"):
        reload(params)


def test_reload_by_a_command_that_fails_tells_its_words(site: Path) -> None:
    """The operator's own command, and what it said."""
    from gateway import config
    from gateway.errors import GatewayError

    params = config.read(site / "gateway.toml").identity
    reload(params.model_copy(update={"reload_command": "true"}))
    with pytest.raises(GatewayError, match="ended with 1"):
        reload(params.model_copy(update={"reload_command": "false"}))


@pytest.mark.parametrize("command", ["/no/such/program", "echo 'open", "sleep 60"])
def test_reload_by_a_command_that_cannot_be_run_is_told(site: Path, command: str) -> None:
    """A program that is not there, a quote that does not end, one that hangs: each names the option to mend."""
    from gateway import config
    from gateway.errors import GatewayError

    params = config.read(site / "gateway.toml").identity
    with pytest.raises(GatewayError, match=r"identity\.reload_command"):
        reload(params.model_copy(update={"reload_command": command}), patience_s=0.2)


def test_revoke_with_a_reload_that_fails_still_counts(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lists are written, and what could not be done at the broker is said."""
    config = site / "gateway.toml"
    config.write_text(config.read_text().replace("[identity]", '[identity]\nreload_command = "/no/such/program"', 1))
    run(site, "node", "image", "pump", "--into", str(site / "image"))
    capsys.readouterr()
    assert run(site, "node", "revoke", "pump") == 1
    told = capsys.readouterr()
    assert "1 certificate(s) revoked" in told.out
    assert "/no/such/program" in told.err
    assert Denied(site / "identity").look() == {"pump"}


def test_denied_is_what_the_file_says_now(site: Path) -> None:
    """A running gateway takes up what another process wrote; without a file nobody is denied."""
    denied = Denied(site / "identity")
    assert denied.look() == frozenset()
    run(site, "node", "image", "pump", "--into", str(site / "image"))
    run(site, "node", "revoke", "pump")
    assert denied.look() == {"pump"}
    assert Register(site / "identity").denied() == ["pump"]
    run(site, "node", "image", "pump", "--into", str(site / "image"))
    assert denied.look() == frozenset()
