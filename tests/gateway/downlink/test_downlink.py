"""Leases and commands: from an operator's word, beside a running gateway, to the desired state, and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gateway import config
from gateway.__main__ import main
from gateway.clock import wall_ms
from gateway.downlink import desk
from gateway.downlink.lifecycle import DAY_MS
from gateway.errors import GatewayError
from node.wire import codec
from node.wire.messages import Desired, Presence, Reported
from node.wire.messages import State as Where
from tests.gateway.world import BOOT, open_site, sent

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.outgoing import Outgoing
    from gateway.site import Site


@pytest.fixture(name="now_ms")
def _now_ms() -> int:
    """Commands go by the real clock, which a test lets pass as it likes from its beginning on."""
    return wall_ms()


@pytest.fixture(name="site")
def _site(tmp_path: Path, now_ms: int) -> Site:
    """A running gateway that has heard of one node."""
    (tmp_path / "gateway.toml").write_text('[site]\nname = "site"\n')
    site = open_site(tmp_path)
    site.commit([sent(Reported(version=1))], now_ms)
    site.tick(now_ms)
    return site


def run(folder: Path, *words: str) -> int:
    """Run a command of `torpor-gateway` beside the running gateway."""
    return main([*words, "--config", str(folder / "gateway.toml")])


def desired(said: list[Outgoing]) -> list[Desired]:
    """Return the desired states among what a gateway says."""
    found = [codec.decode("desired", each.payload) for each in said if each.topic.endswith("/desired")]
    return [each for each in found if isinstance(each, Desired)]


def shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """Return what `commands --json` prints."""
    capsys.readouterr()
    assert run(folder, "commands", "n1", "--json") == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_lease_reaches_the_desired_state_and_is_taken_off_when_it_is_over(
    site: Site, now_ms: int, tmp_path: Path
) -> None:
    """One new version when it is asked for, one when it is over, and none in between."""
    before_ms = wall_ms()
    assert run(tmp_path, "lease", "n1", "10m") == 0
    after_ms = wall_ms()
    (told,) = desired(site.tick(now_ms + 1000))
    assert before_ms <= told.lease_until_ms - 600_000 <= after_ms
    assert desired(site.tick(now_ms + 2000)) == []
    (over,) = desired(site.tick(told.lease_until_ms + 2000))
    assert (over.lease_until_ms, over.version) == (0, told.version + 1)
    assert run(tmp_path, "lease", "n1", "1h") == 0
    assert desired(site.tick(now_ms + 3000))[0].lease_until_ms > told.lease_until_ms
    assert run(tmp_path, "lease", "n1", "0") == 0
    assert desired(site.tick(now_ms + 4000))[0].lease_until_ms == 0


def test_lease_is_shown_with_what_the_node_says_to_it(
    site: Site, now_ms: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked and held are two things, and the node may have a reason."""
    run(tmp_path, "lease", "n1", "1h")
    site.commit(
        [sent(Reported(version=2, settings={"lease.until_ms": now_ms}, refused={"lease": "cut to 900 s"}))], now_ms
    )
    site.tick(now_ms + 1000)
    capsys.readouterr()
    assert run(tmp_path, "lease", "n1") == 0
    told = capsys.readouterr().out
    assert "n1 is asked to stay up until 20" in told
    assert "it does until 20" in told
    assert "cut to 900 s" in told
    run(tmp_path, "lease", "n2")
    assert "n2 is not asked to stay up; it does not say that it does" in capsys.readouterr().out


def test_command_has_a_state_from_sent_to_done(
    site: Site, now_ms: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stands in the desired state until the node has said how it ended; then it is taken off, and remembered."""
    assert run(tmp_path, "command", "n1", "doctor") == 0
    (told,) = desired(site.tick(now_ms + 1000))
    ((number, words),) = told.commands.items()
    assert (words, told.deadlines[number] > now_ms) == ("doctor", True)
    assert [each["state"] for each in shown(tmp_path, capsys)] == ["sent"]

    site.commit([sent(Reported(version=2, commands={number: "running"}))], now_ms + 1500)
    assert desired(site.tick(now_ms + 2000)) == []
    assert [each["state"] for each in shown(tmp_path, capsys)] == ["running"]

    done = Reported(version=2, commands={number: "successful: 1 warn"}, findings={"broker": "ok: answers"})
    site.commit([sent(done)], now_ms + 2500)
    (after,) = desired(site.tick(now_ms + 3000))
    assert (after.commands, after.deadlines, after.version) == ({}, {}, told.version + 1)
    (ended,) = shown(tmp_path, capsys)
    assert (ended["state"], ended["reason"], ended["findings"]) == ("successful", "1 warn", {"broker": "ok: answers"})


def test_command_of_another_node_is_not_turned_by_a_stranger(
    site: Site, now_ms: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who may speak for one node ends nothing of another's."""
    run(tmp_path, "command", "n1", "reboot")
    (told,) = desired(site.tick(now_ms + 1000))
    site.commit([sent(Reported(version=2, commands=dict.fromkeys(told.commands, "successful")), "n2")], now_ms + 1500)
    site.tick(now_ms + 2000)
    assert [each["state"] for each in shown(tmp_path, capsys)] == ["sent"]


def test_command_that_nobody_heard_expires_and_is_taken_off(
    site: Site, now_ms: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A node that wakes too late finds nothing to do."""
    assert main(["command", "n1", "reboot", "--minutes", "5", "--config", str(tmp_path / "gateway.toml")]) == 0
    assert desired(site.tick(now_ms + 1000))[0].commands
    (after,) = desired(site.tick(now_ms + 600_000))
    assert after.commands == {}
    assert [each["state"] for each in shown(tmp_path, capsys)] == ["expired"]


def test_commands_outlive_a_restart_without_a_new_version(site: Site, now_ms: int, tmp_path: Path) -> None:
    """What was wished is wished still; what was ordered meanwhile is found."""
    run(tmp_path, "command", "n1", "identify")
    (told,) = desired(site.tick(now_ms + 1000))
    again = open_site(tmp_path)
    assert desired(again.tick(now_ms + 2000)) == []
    run(tmp_path, "command", "n1", "doctor")
    (more,) = desired(open_site(tmp_path).tick(now_ms + 3000))
    assert sorted(more.commands.values()) == ["doctor", "identify"]
    assert more.version == told.version + 1


def test_ids_rise_though_the_clock_is_set_back(site: Site, now_ms: int, tmp_path: Path) -> None:
    """A node takes up no id below one that it took up before."""
    found = config.read(tmp_path / "gateway.toml")
    ids = [desk.order(found, "n1", "identify", now_ms + shift).id for shift in (0, 0, -DAY_MS, 5)]
    assert ids == sorted(set(ids))
    assert ids[0] >= now_ms


def test_order_that_is_wrong_is_told_and_nothing_is_sent(
    site: Site, now_ms: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip of the pen, a time that is none, words that are none, and more than a message holds."""
    for words in (("lease", "n2", "10m"), ("command", "n2", "identify")):
        assert run(tmp_path, *words) == 1
        assert "no node 'n2' was ever heard at this site; there are: n1" in capsys.readouterr().err
    for words in (("lease", "n1", "soon"), ("lease", "n1", "25h"), ("command", "n1", "rm -rf")):
        assert run(tmp_path, *words) == 2
    assert run(tmp_path, "command", "n1", "dance") == 2
    assert "no node knows the command 'dance'; there are: doctor, identify, raw, reboot" in capsys.readouterr().err
    assert desired(site.tick(now_ms + 1000)) == []
    found = config.read(tmp_path / "gateway.toml")
    for _ in range(desk.MOST_OPEN):
        desk.order(found, "n1", "identify", now_ms)
    with pytest.raises(GatewayError, match="16 commands wait for 'n1' already"):
        desk.order(found, "n1", "identify", now_ms)


def test_register_of_commands_is_bounded(site: Site, now_ms: int, tmp_path: Path) -> None:
    """The oldest that are over make room."""
    found = config.read(tmp_path / "gateway.toml")
    for _ in range(130):
        command = desk.order(found, "n1", "identify", now_ms)
        site.tick(now_ms + 1000)
        site.commit([sent(Reported(version=2, commands={command.id: "successful"}))], now_ms)
        site.tick(now_ms + 2000)
    assert len(desk.commands(found, "n1", most=-1)) <= 102


def test_presence_says_until_when_a_lease_keeps_a_node_up(site: Site, now_ms: int) -> None:
    """Told again when that changes, though the word is the same."""
    told = []
    for until_ms in (0, 1_790_000_600_000, 0):
        awake = Presence(state=Where.READY, boot_id=BOOT, time_ms=now_ms, interval_s=600.0, awake_until_ms=until_ms)
        site.commit([sent(awake)], now_ms)
        said = [json.loads(each.payload) for each in site.tick(now_ms) if each.topic.endswith("_/n1/presence")]
        told += [(each["state"], each["awake_until"]) for each in said]
    assert told == [("ready", "2026-09-21T14:23:20.000Z"), ("ready", None)]
