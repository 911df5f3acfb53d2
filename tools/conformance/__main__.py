"""A client of The Update Framework: init, refresh, download, as a node would. What it believes is in --metadata-dir."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from boards.linux import LinuxClock
from node.errors import HardwareError, LinkError, ModelError, WireError
from tools.conformance.client import Client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.hal import Clock


def main(argv: Sequence[str] | None = None, clock: Clock | None = None, kind: type[Client] = Client) -> int:
    """Run one command.

    Args:
        argv: the command line, in the form that `tuf-conformance` defines (its CLIENT-CLI.md).
        clock: the time; None for the machine's.
        kind: the client.

    Returns:
        0, or 1 where something is not to be believed or could not be fetched.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    if options.command != "init" and not options.metadata_url:
        parser.error(f"{options.command} needs --metadata-url")
    if options.command == "download" and not (options.target_name and options.target_dir and options.target_base_url):
        parser.error("download needs --target-name, --target-dir and --target-base-url")
    client = kind(options.metadata_dir, clock or LinuxClock())
    try:
        _run(client, options)
    except (HardwareError, LinkError, ModelError, WireError) as error:
        print(f"torpor conformance: {error}", file=sys.stderr)
        return 1
    return 0


def _run(client: Client, options: argparse.Namespace) -> None:
    if options.command == "init":
        client.init(options.trusted_root.read_bytes())
    elif options.command == "refresh":
        client.refresh(options.metadata_url)
    else:
        client.download(options.metadata_url, options.target_base_url, options.target_name, options.target_dir)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="torpor conformance", description=__doc__)
    parser.add_argument("--metadata-dir", type=Path, required=True, help="where what is believed is kept")
    parser.add_argument("--metadata-url", help="of the repository's metadata")
    parser.add_argument("--target-name", action="append", default=[], help="path of a target; may be repeated")
    parser.add_argument("--target-base-url", help="of the repository's files")
    parser.add_argument("--target-dir", type=Path, help="where files go")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("init", help="begin at a root").add_argument("trusted_root", type=Path, help="1.root.json")
    commands.add_parser("refresh", help="bring the metadata up to date")
    commands.add_parser("download", help="the same, and fetch files")
    return parser


if __name__ == "__main__":
    sys.exit(main())
