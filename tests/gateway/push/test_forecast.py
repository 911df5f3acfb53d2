"""A forecast: read with all of its mistakes at once, set beside a running gateway, and told to who lives by the sun."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from gateway.__main__ import FINE, USAGE, main
from gateway.clock import wall_ms
from gateway.errors import ConfigError
from gateway.push import foretelling
from gateway.push.forecast import DAY_MS, date_of, read
from gateway.store.database import Store
from node.wire import codec
from node.wire.messages import Desired, Forecast, Health
from tests.gateway.world import BOOT, NOW_MS, open_site, sent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gateway.outgoing import Outgoing

TODAY = date_of(NOW_MS)
MIDNIGHT_MS = NOW_MS // DAY_MS * DAY_MS
SUN = {"sun_expected_mj": 1.0}


def _days(*figures: float, first: date = TODAY) -> dict[date, float]:
    return {first + timedelta(days=at): figure for at, figure in enumerate(figures)}


def _set(folder: Path, *figures: float) -> None:
    """Set a forecast as another process does: over a connection of its own."""
    store = Store(folder / "gateway.db")
    foretelling.keep(store, _days(*figures), NOW_MS)
    store.close()


def _health(**gauges: float) -> Health:
    return Health(boot_id=BOOT, time_ms=NOW_MS, time_quality=0, uptime_s=1.0, gauges=gauges)


def _wishes(outgoing: Iterable[Outgoing]) -> dict[str, Desired]:
    """Return what is wanted of nodes, by node; all of it is retained."""
    told = [each for each in outgoing if each.topic.endswith("/desired")]
    assert all(each.retain for each in told)
    found = {each.topic.split("/")[3]: codec.decode("desired", each.payload) for each in told}
    return {node: message for node, message in found.items() if isinstance(message, Desired)}


@pytest.mark.parametrize(
    "text",
    [
        f"day,wh_m2\n{TODAY},1200\n{TODAY + timedelta(days=1)},0.5\n",
        f"wh_m2, place, day\n1200, hill, {TODAY}\n0.5, hill, {TODAY + timedelta(days=1)}",
        json.dumps({str(TODAY + timedelta(days=1)): 0.5, str(TODAY): 1200}),
        json.dumps([{"day": str(day), "wh_m2": figure} for day, figure in _days(1200, 0.5).items()]),
    ],
)
def test_read_csv_and_json_say_the_same(text: str) -> None:
    """Whatever the columns' order, and whatever else stands beside them."""
    assert list(read(text, NOW_MS).items()) == list(_days(1200.0, 0.5).items())


def test_read_leaves_out_what_is_over() -> None:
    """A service's file begins where it begins; the fortnight is counted from today on."""
    text = json.dumps({str(TODAY + timedelta(days=at)): 100 for at in range(-3, 14)})
    assert list(read(text, NOW_MS)) == list(_days(*[100.0] * 14))


def test_read_tells_every_mistake_at_once() -> None:
    """Each with its line, what stands there and what would be right."""
    later = TODAY + timedelta(days=2)
    text = f"day,wh_m2\ntomorrow,1\n{TODAY},bright\n{TODAY},30000\n{later},-1\n{later},nan\n{TODAY},\n"
    with pytest.raises(ConfigError) as caught:
        read(text, NOW_MS)
    told = str(caught.value)
    assert "line 2: 'tomorrow' is no day; write it as 2026-06-21, by UTC" in told
    assert "line 3: 'bright' is no number from 0 to 20000" in told
    assert f"line 4: {TODAY} stands there twice" in told
    assert "line 4: '30000' is no number" in told
    assert "line 5: '-1' is no number" in told
    assert "line 6: 'nan' is no number" in told
    assert f"forecast: {TODAY + timedelta(days=1)} is missing between others" in told
    assert len(caught.value.problems) == 10


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no day and no wh_m2"),
        ("day,kwh\n", "no wh_m2"),
        ("day,wh_m2\n", "it holds no day"),
        ("day,wh_m2\n" + "9" * 200_000, "no CSV: field larger"),
        ("{", "JSON: "),
        ("[3]", r"\[0\]: 3 is no day"),
        ('{"2026-11-18": true}', "True is no number"),
        ('{"2020-01-01": 5}', "2020-01-01, is over; today is 2026-11-18"),
        ('{"2026-11-18": 5, "2027-01-01": 5}', "leave out those after 2026-12-01"),
    ],
)
def test_read_what_is_none_says_what_is_wanted(text: str, told: str) -> None:
    """Empty, cut short, of the past or too far ahead."""
    with pytest.raises(ConfigError, match=told):
        read(text, NOW_MS)


def test_site_tells_those_who_live_by_the_sun_and_nobody_else(tmp_path: Path) -> None:
    """Within a tick of being set, retained, and under a version that their inboxes take for new."""
    site = open_site(tmp_path)
    site.commit([sent(_health(**SUN)), sent(_health(), node="mains")], NOW_MS)
    before = _wishes(site.tick(NOW_MS))
    assert before == {}
    _set(tmp_path, 1200.0, 300.0)
    wishes = _wishes(site.tick(NOW_MS))
    assert wishes.keys() == {"n1"}
    assert wishes["n1"].version == 2
    assert wishes["n1"].forecast == Forecast(start_ms=MIDNIGHT_MS, wh_m2=(1200.0, 300.0))
    assert _wishes(site.tick(NOW_MS + 1000)) == {}


def test_site_tells_a_new_forecast_and_not_the_same_twice(tmp_path: Path) -> None:
    """The version rises with what is said, not with its being said; a restart says nothing new."""
    site = open_site(tmp_path)
    site.commit([sent(_health(**SUN))], NOW_MS)
    versions = []
    for figures in ((1200.0, 300.0), (1200.0, 300.0), (900.0,)):
        _set(tmp_path, *figures)
        versions += [each.version for each in _wishes(site.tick(NOW_MS)).values()]
    assert versions == [2, 3]
    again = open_site(tmp_path)
    assert _wishes(again.tick(NOW_MS)) == {}
    assert [each.version for each in _wishes(again.repeat(NOW_MS)).values()] == [3]


def test_site_tells_who_begins_to_live_by_the_sun_later(tmp_path: Path) -> None:
    """A node that was not there when the forecast was set hears of it when it first tells of its sun."""
    _set(tmp_path, 500.0)
    site = open_site(tmp_path)
    assert _wishes(site.tick(NOW_MS)) == {}
    site.commit([sent(_health(**SUN))], NOW_MS)
    assert _wishes(site.tick(NOW_MS))["n1"].forecast == Forecast(start_ms=MIDNIGHT_MS, wh_m2=(500.0,))


def test_site_tells_nobody_of_days_that_are_over(tmp_path: Path) -> None:
    """The last millisecond of the last day is the last at which anybody is told."""
    _set(tmp_path, 500.0, 600.0)
    over_ms = MIDNIGHT_MS + 2 * DAY_MS
    site = open_site(tmp_path)
    site.commit([sent(_health(**SUN))], over_ms)
    assert _wishes(site.tick(over_ms)) == {}
    assert _wishes(site.tick(over_ms - 1)).keys() == {"n1"}


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> str:
    """A gateway of its own."""
    assert main(["init", str(tmp_path)]) == FINE
    return str(tmp_path / "gateway.toml")


def test_main_sets_and_shows(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a file or from standard input; what `show --json` prints, `set` takes."""
    today = date_of(wall_ms())
    days = _days(4200.0, 10.0, first=today)
    file = tmp_path / "days.csv"
    file.write_text("day,wh_m2\n" + "".join(f"{day},{figure}\n" for day, figure in days.items()))
    assert main(["forecast", "set", "--config", config, str(file)]) == FINE
    assert "set for 2 days" in capsys.readouterr().out
    assert main(["forecast", "show", "--config", config, "--json"]) == FINE
    told = capsys.readouterr().out
    assert json.loads(told) == {str(day): figure for day, figure in days.items()}
    monkeypatch.setattr("sys.stdin", io.StringIO(told))
    assert main(["forecast", "set", "--config", config, "-"]) == FINE
    assert main(["forecast", "show", "--config", config]) == FINE
    assert f"{today}     4,200 Wh/m2, set " in capsys.readouterr().out


def test_main_refuses_with_every_mistake_and_keeps_what_was_set(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A usage error; the forecast before it stands."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.csv"
    good.write_text(json.dumps({str(date_of(wall_ms())): 100}))
    bad.write_text("day,wh_m2\nnever,1\n2026-01-01,much\n")
    assert main(["forecast", "set", "--config", config, str(good)]) == FINE
    assert main(["forecast", "set", "--config", config, str(bad)]) == USAGE
    assert main(["forecast", "set", "--config", config, str(tmp_path / "none.csv")]) == USAGE
    told = capsys.readouterr().err
    assert "line 2: 'never'" in told
    assert "line 3: 'much'" in told
    assert "none.csv: " in told
    assert main(["forecast", "show", "--config", config, "--json"]) == FINE
    assert list(json.loads(capsys.readouterr().out).values()) == [100.0]
