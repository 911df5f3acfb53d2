"""The keeper: verified, written down, in force; and what gives way when."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from node.policy.keeper import FILE, Keeper
from node.values import TimeQuality
from tests.node.policy.site import DAY_MS, NOW_MS, Time, configured, sealed

if TYPE_CHECKING:
    from pathlib import Path


def kept(folder: Path, time: Time) -> Keeper:
    """Return the keeper of a node that starts."""
    return Keeper(configured(folder), folder / "state", time)


def test_keeper_policy_is_in_force_and_outlives_the_process(tmp_path: Path) -> None:
    """What was accepted is on disk, and in force at the next start."""
    time = Time()
    keeper = kept(tmp_path, time)
    assert (keeper.counter, dict(keeper.settings)) == (0, {})
    keeper.hear(sealed(3, {"sleep.period_s": 600.0}))
    assert (keeper.counter, keeper.told) == (3, {})
    again = kept(tmp_path, time)
    assert (again.counter, dict(again.settings)) == (3, {"sleep.period_s": 600.0})


@pytest.mark.parametrize("counter", [0, 2, 3])
def test_keeper_replay_after_a_reboot_is_refused(tmp_path: Path, counter: int) -> None:
    """A counter that is not higher is refused by every later start, and what is in force stays so."""
    time = Time()
    kept(tmp_path, time).hear(sealed(3, {"sleep.period_s": 600.0}))
    keeper = kept(tmp_path, time)
    keeper.hear(sealed(counter, {"sleep.period_s": 1.0}))
    assert keeper.counter == 3
    assert keeper.told["policy"].startswith("old-counter")


def test_keeper_that_forgets_its_counter_takes_a_replay(tmp_path: Path) -> None:
    """Negative control: the file is what stops a replay after a reboot."""
    time = Time()
    kept(tmp_path, time).hear(sealed(3))
    (tmp_path / "state" / FILE).unlink()
    keeper = kept(tmp_path, time)
    keeper.hear(sealed(2))
    assert keeper.counter == 2


def test_keeper_same_envelope_again_is_no_replay(tmp_path: Path) -> None:
    """The desired state is retained: the policy in force comes at every connection, and is not judged again."""
    time, judged = Time(), list[bytes]()

    def verify(_public: bytes, _signature: bytes, message: bytes) -> bool:
        judged.append(message)
        return True

    for _ in range(3):
        keeper = Keeper(configured(tmp_path), tmp_path / "state", time, verify)
        keeper.hear(sealed(3))
        keeper.hear(sealed(3))
        assert (keeper.counter, keeper.told) == (3, {})
    assert len(judged) == 1


def test_keeper_disk_that_refuses_keeps_the_policy_out_of_force(tmp_path: Path) -> None:
    """What is not written down is not followed, is told, and is taken as soon as the disk takes it."""
    keeper = kept(tmp_path, Time())
    (tmp_path / "state").write_text("a file where the folder should be")
    keeper.hear(sealed(3))
    assert keeper.counter == 0
    assert "cannot be written" in keeper.told["policy"]
    (tmp_path / "state").unlink()
    keeper.hear(sealed(3))
    assert (keeper.counter, keeper.told) == (3, {})


@pytest.mark.parametrize("left", [b"", b"[]", b"{}", b'{"version": 2}', b'{"version": 1, "counter": "3"}'])
def test_keeper_file_that_cannot_be_read_follows_nothing(tmp_path: Path, left: bytes) -> None:
    """Without its counter a node cannot tell a replay: it follows none, says so, and leaves the file for a look."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE).write_bytes(left)
    keeper = kept(tmp_path, Time())
    keeper.hear(sealed(9))
    assert keeper.counter == 0
    assert "until it is removed" in keeper.told["policy"]
    assert (tmp_path / "state" / FILE).read_bytes() == left


@pytest.mark.parametrize("text", ["", "# nothing\n", "abc\n", "00" * 31, "é", None])
def test_keeper_key_file_that_is_none_says_what_belongs_there(tmp_path: Path, text: str | None) -> None:
    """A file of keys that is missing, empty or damaged refuses every policy with advice."""
    config = configured(tmp_path)
    if text is None:
        (tmp_path / "policy.pub").unlink()
    else:
        (tmp_path / "policy.pub").write_text(text)
    keeper = Keeper(config, tmp_path / "state", Time())
    keeper.hear(sealed(3))
    assert keeper.counter == 0
    assert "policy.pub" in keeper.told["policy"]


def test_keeper_without_a_word_of_the_gateway_goes_back_to_the_last_good(tmp_path: Path) -> None:
    """A new policy under which nobody is heard for `contact_s` gives way; across reboots, and its counter stays."""
    time = Time()
    keeper = kept(tmp_path, time)
    keeper.hear(sealed(1, {"sleep.period_s": 100.0}))
    keeper.heard()
    keeper.hear(sealed(2, {"sleep.period_s": 200.0}))
    time.pass_s(3000)
    keeper = kept(tmp_path, time)
    assert keeper.counter == 2
    time.pass_s(601)
    keeper.look()
    assert (keeper.counter, keeper.told["lapse"]) == (
        1,
        "no word of the gateway for 3600 s under policy 2; policy 1 is in force again",
    )
    keeper = kept(tmp_path, time)
    keeper.hear(sealed(2, {"sleep.period_s": 200.0}))
    assert keeper.counter == 1
    keeper.hear(sealed(3))
    assert (keeper.counter, keeper.told) == (3, {})


def test_keeper_first_policy_gives_way_to_the_configuration(tmp_path: Path) -> None:
    """Where none was good before, the operator's own file is in force again."""
    time = Time()
    keeper = kept(tmp_path, time)
    keeper.hear(sealed(1, {"sleep.period_s": 100.0}))
    time.pass_s(3601)
    keeper.look()
    assert (keeper.counter, dict(keeper.settings)) == (0, {})


def test_keeper_heard_gateway_makes_a_policy_good_for_its_time(tmp_path: Path) -> None:
    """Negative control of the fallback: one word is enough, and then silence is no reason any more."""
    time = Time()
    keeper = kept(tmp_path, time)
    keeper.hear(sealed(1))
    keeper.heard()
    time.pass_s(100 * 3600)
    keeper.look()
    assert keeper.counter == 1


def test_keeper_two_new_policies_in_a_row_go_back_to_the_one_that_was_good(tmp_path: Path) -> None:
    """A policy that was never proven is nothing to go back to."""
    time = Time()
    keeper = kept(tmp_path, time)
    keeper.hear(sealed(1))
    keeper.heard()
    keeper.hear(sealed(2))
    keeper.hear(sealed(3))
    time.pass_s(3601)
    keeper.look()
    assert keeper.counter == 1


def test_keeper_policy_at_the_end_of_its_time_gives_way(tmp_path: Path) -> None:
    """After not-after the former one is in force, and after its own not-after the configuration."""
    time = Time()
    keeper = kept(tmp_path, time)
    keeper.hear(sealed(1, not_after_ms=NOW_MS + 2 * DAY_MS))
    keeper.heard()
    keeper.hear(sealed(2, not_after_ms=NOW_MS + DAY_MS))
    keeper.heard()
    time.pass_s(86_401)
    keeper.look()
    assert keeper.counter == 1
    time.pass_s(86_401)
    keeper = kept(tmp_path, time)
    assert (keeper.counter, keeper.told["lapse"]) == (0, "policy 1 is over; the configuration is in force again")


def test_keeper_clock_that_was_never_set_goes_by_its_floor(tmp_path: Path) -> None:
    """A node that boots in 1970 neither loses its policy nor keeps it for ever: what was written down has passed."""
    time = Time()
    keeper = kept(tmp_path, time)
    keeper.hear(sealed(1, not_after_ms=NOW_MS + DAY_MS))
    keeper.heard()
    dead = Time(wall=0, mono_s=0.0, believed=TimeQuality.UNSET)
    keeper = kept(tmp_path, dead)
    assert keeper.counter == 1
    keeper.hear(sealed(2, not_after_ms=NOW_MS - 1))
    assert keeper.told["policy"].startswith("expired")
    dead.pass_s(86_401)
    keeper.look()
    assert keeper.counter == 0


def test_keeper_clock_that_jumped_is_not_written_down(tmp_path: Path) -> None:
    """A floor never comes down again: only a clock that was set since the boot raises it."""
    time = Time(believed=TimeQuality.DRIFTING)
    keeper = kept(tmp_path, time)
    keeper.hear(sealed(1))
    time.wall += 3000 * DAY_MS
    keeper.look()
    assert keeper.counter == 0
    right = Time()
    keeper = kept(tmp_path, right)
    keeper.hear(sealed(2))
    assert keeper.counter == 2


def test_keeper_file_is_its_owners_alone(tmp_path: Path) -> None:
    """State is 0600, as all of a node's."""
    kept(tmp_path, Time()).hear(sealed(1))
    assert os.stat(tmp_path / "state" / FILE).st_mode & 0o777 == 0o600  # noqa: PTH116 - as the system says it
