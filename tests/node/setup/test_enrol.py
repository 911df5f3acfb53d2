"""`torpor-node enrol` against a real door: from a line of text to a pair of one's own."""

from __future__ import annotations

import io
import stat
from typing import TYPE_CHECKING

import pytest

from gateway.clock import wall_ms
from node.__main__ import main
from node.config import load_strictly
from tools.intruders.office import Office, opened

if TYPE_CHECKING:
    from pathlib import Path

NODE = '[node]\nsite = "orchard"\nname = "{name}"\nboard = "generic"\n[sense.host]\npart = "host"\n'


class World:
    """A site, and a node that is not known there yet."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(folder / "site", wall_ms())
        self.home = folder / "node"
        self.home.mkdir()
        self.config = self.home / "node.toml"
        self.config.write_text(NODE.format(name="pump"))
        self.token = folder / "token"
        self.token.write_text(f"{self.office.members.invite('pump')}\n")

    def enrol(self, where: tuple[str, int]) -> int:
        """Run the command."""
        words = ["--gateway", f"{where[0]}:{where[1]}", "--token-file", str(self.token), "--config", str(self.config)]
        return main(["enrol", *words])


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world of its own."""
    return World(tmp_path)


def test_enrol_leaves_a_pair_and_says_what_to_write(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """What it prints makes a configuration without a problem; what it leaves is its owner's alone."""
    with opened(world.office) as where:
        assert world.enrol(where) == 0
    told = capsys.readouterr().out
    world.config.write_text(world.config.read_text() + told[told.index("[mqtt]") :])
    mqtt = load_strictly(world.config).mqtt
    assert mqtt
    assert mqtt.cert == world.home / "identity" / "node.pem"
    assert {stat.S_IMODE(each.stat().st_mode) for each in (world.home / "identity").iterdir()} == {0o600}
    assert world.token.read_text().split(".")[3] not in told


@pytest.mark.parametrize(
    ("mqtt", "port"),
    [
        ('[mqtt]\nhost = "127.0.0.1"\n', 8883),
        ('[mqtt]\nhost = "127.0.0.1"\nport = 1884\n', 1884),
        ("", 8883),
    ],
)
def test_enrol_from_a_plain_broker_names_the_port_of_tls(
    world: World, mqtt: str, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The port of a broker without TLS is not carried over into lines that ask for TLS; one that was chosen is."""
    world.config.write_text(world.config.read_text() + mqtt)
    with opened(world.office) as where:
        assert world.enrol(where) == 0
    assert f"port = {port}\n" in capsys.readouterr().out


def test_enrol_twice_with_one_token_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The second time it is another key's; the pair that is there stays."""
    with opened(world.office) as where:
        assert world.enrol(where) == 0
        before = (world.home / "identity" / "node.pem").read_bytes()
        assert world.enrol(where) == 2
    assert "used before" in capsys.readouterr().err
    assert (world.home / "identity" / "node.pem").read_bytes() == before


@pytest.mark.parametrize("token", ["", "hello", "1.orchard.pump.AAAA.BBBB", "2.orchard.pump.A.B"])
def test_enrol_with_a_damaged_token_tells_nobody(world: World, token: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused before anything is dialled; nothing of it is repeated."""
    world.token.write_text(token)
    assert world.enrol(("127.0.0.1", 1)) == 2
    assert "token" in capsys.readouterr().err


def test_enrol_with_a_token_for_another_node_is_refused_at_home(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both names are told, so that one can be mended."""
    world.config.write_text(NODE.format(name="meter"))
    assert world.enrol(("127.0.0.1", 1)) == 2
    told = capsys.readouterr().err
    assert "'meter'" in told
    assert "'pump'" in told


def test_enrol_at_another_sites_gateway_writes_nothing(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stranger who answers at the address learns nothing, and is not believed."""
    with opened(Office(tmp_path / "other", wall_ms())) as where:
        assert world.enrol(where) == 1
    assert "another fingerprint" in capsys.readouterr().err
    assert not list((world.home / "identity").iterdir())


def test_enrol_reads_the_token_from_a_pipe(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An argument could be read by everybody on the machine."""
    monkeypatch.setattr("sys.stdin", io.StringIO(world.token.read_text()))
    with opened(world.office) as where:
        gateway = f"{where[0]}:{where[1]}"
        assert main(["enrol", "--gateway", gateway, "--config", str(world.config)]) == 0
    assert "pump is enrolled" in capsys.readouterr().out
