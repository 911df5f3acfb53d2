"""The systemd units of a node, as narrow as its configuration lets them be.

They are printed, or put into a folder, and not installed: a person reads them, changes what is special here, and puts
them where units belong. A node runs as a user without rights, also one that goes into deep states, sets clocks or
turns things off: the files that this takes are lent to its group (`node.setup.rights`), and who halts the machine is
systemd, when the node has left it a file. Only a radio's settings take a capability; a node that has it does without
another call.
"""

from __future__ import annotations

import grp
import pwd
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.setup.rights import halts, lent, lines, radio

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from node.config import Config

SERVICE: Final = "systemd/system/torpor-node.service"
LENT: Final = "tmpfiles.d/torpor-node.conf"
HALT: Final = ("systemd/system/torpor-halt.path", "systemd/system/torpor-halt.service")
ASKS_FOR_CLOCK: Final = """\
# To ask whether the clock is synchronised; to set it takes a right that is not here.
SystemCallFilter=adjtimex clock_adjtime
"""
WRITES_KERNEL: Final = """\
# What is root's there stays root's, but for the files that are lent.
ReadWritePaths=-/sys/devices -/sys/power
"""
LENDS: Final = """\
# With root's rights, before anything of the node runs: what tmpfiles.d did at boot, for drivers that came later.
ExecStartPre=+-systemd-tmpfiles --create /etc/tmpfiles.d/torpor-node.conf
"""
LEAVES_WISH: Final = """\
# Where it leaves its wish that the machine go down.
RuntimeDirectory=torpor-node
"""
GROUPS: Final = ("dialout", "gpio", "i2c", "spi", "video")
"""Whom Debian and Raspberry Pi OS give the buses to."""
HERE: Final = Path(__file__).parent.parent
ACCOUNT: Final = "torpor"
HOMES: Final = (Path("/home"), Path("/root"), Path("/run/user"))
LEAST_WATCHDOG_S: Final = 180.0
LOADS_S: Final = 60.0
"""What a Zero 2 W may take to import the ML runtime and load a model, with room to spare."""


def files(config: Config, path: Path) -> dict[str, str]:
    """Write all that the node wants below /etc, by the names that it has there; the service comes first.

    Args:
        config: what the node will do.
        path: of its file.
    """
    path, state = path.resolve(), config.node.state_dir
    user = _owner(state if state.is_dir() else path.parent)
    who = {"name": config.node.name, "user": user, "group": _group(user)}
    found = {}
    if lent(config):
        group = who["group"]
        found[LENT] = _template(LENT).format(group=group, lines=lines(config, group).rstrip())
    if halts(config):
        found |= {name: _template(name).format(**who) for name in HALT}
    return {SERVICE: _service(config, path, who, found)} | found


def _service(config: Config, path: Path, who: Mapping[str, str], others: Collection[str]) -> str:
    places = (path, config.node.state_dir, Path(sys.executable), HERE)
    more = f", and the others where `torpor-node unit --config {path} --into /etc` puts them" if others else ""
    return _template(SERVICE).format(
        **who,
        docs=HERE / "REFERENCE.md",
        python=quoted(sys.executable),
        config=quoted(path),
        state=_listed(_written(config)),
        writes=_listed(f"-{each}" for each in _written(config)),
        owns=_owning(who["user"], _written(config)),
        groups=" ".join(_known(GROUPS)),
        watchdog_s=max(LEAST_WATCHDOG_S, LOADS_S + config.transmit.awake_s + _sensing_s(config) + _updating_s(config)),
        stop_s=LOADS_S + config.transmit.awake_s,
        home="read-only" if any(each.is_relative_to(home) for each in places for home in HOMES) else "yes",
        more=more,
        **_powers(config),
    )


def _powers(config: Config) -> dict[str, str]:
    """Return what depends on the powers that the node is given."""
    wakes_radio, goes_down = radio(config), halts(config)
    return {
        "wants": "Wants=torpor-halt.path\n" if goes_down else "",
        "lend": LENDS if lent(config) else "",
        "runtime": (WRITES_KERNEL if lent(config) else "") + (LEAVES_WISH if goes_down else ""),
        "capabilities": "CAP_NET_ADMIN" if wakes_radio else "",
        "families": " AF_NETLINK" if "wifi_power_save" in config.sleep.savings else "",
        "own_users": "no" if wakes_radio else "yes",  # a right in a user namespace is none over the machine's radio
        "clock": "" if wakes_radio else ASKS_FOR_CLOCK,
    }


def quoted(path: Path | str) -> str:
    r"""Quote a path as systemd.service(5) wants it.

    >>> print(quoted("/srv/my node/100%.toml"))
    "/srv/my node/100%%.toml"
    """
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text.replace("%", "%%").replace("$", "$$")}"'


def _listed(folders: Iterable[Path | str]) -> str:
    return " ".join(quoted(each) for each in folders)


def _owning(user: str, folders: Iterable[Path]) -> str:
    """Say what is his, and what makes it so where root began."""
    theirs = _listed(folders)
    if user != ACCOUNT:
        return f"owns {theirs}."
    return f"must own {theirs}:\n#   useradd --system {user}; install -d {theirs}; chown -R {user}: {theirs}"


def _written(config: Config) -> list[Path]:
    """Return the folders that the node writes in: its state's, and that of a certificate which it renews."""
    renewed = config.mqtt.cert if config.mqtt and config.mqtt.renewal else None
    return list(dict.fromkeys((config.node.state_dir, *([renewed.parent] if renewed else []))))


def _owner(folder: Path) -> str:
    """Who owns a folder; in place of root, who need not run this, an account to be made."""
    number = folder.stat().st_uid
    if not number:
        return ACCOUNT
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # it has no account here, and systemd takes numbers too
        return str(number)


def _group(user: str) -> str:
    """The user's own group; `useradd --system` makes one of the same name."""
    try:
        return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
    except KeyError:
        return user


def _template(name: str) -> str:
    return resources.files("node.setup").joinpath(name.rpartition("/")[2]).read_text(encoding="utf-8")


def _sensing_s(config: Config) -> float:
    return sum(source.timeout_s for source in config.sense.values())


def _updating_s(config: Config) -> float:
    """How much longer a cycle may take that fetches a model and tests it."""
    return config.update.awake_s + config.update.selftest_s if config.update else 0.0


def _known(groups: Iterable[str]) -> list[str]:
    """Leave out groups that are not here: systemd would refuse to start the service."""
    here = {each.gr_name for each in grp.getgrall()}
    return [each for each in groups if each in here]
