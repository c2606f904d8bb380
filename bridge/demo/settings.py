"""The demo's configuration: written anew into its folder at each start, then read as any other."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.catalogue import Catalogue
from bridge.config import Config, load

FOLDER: Final = Path("otklik-demo")
SITE: Final = "site"  # the channel with the widget
GROUPS: Final = ("sales", "support")

CONFIG: Final = """\
# {note}
language = "{language}"
public_url = "http://127.0.0.1:{port}"

[server]
host = "127.0.0.1"
port = {port}

[storage]
path = "otklik.db"
media = "media"

[web]
local = true

[[group]]
name = "sales"
title = "{sales}"

[[group]]
name = "support"
title = "{support}"

[[channel]]
kind = "site"
name = "site"
title = "{site}"
group = "sales"
origins = ["http://127.0.0.1:{port}", "http://localhost:{port}"]
company = "{company}"
greeting = "{greeting}"
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The demo's settings, and where they are written down once the demo runs."""

    config: Config
    path: Path
    text: str

    def write(self) -> None:
        """Write them down, for `audit` and whoever is curious. Raises OSError."""
        _written(self.path.with_suffix(".new"), self.text).replace(self.path)


def prepare(folder: Path, language: str, port: int) -> Prepared:
    """The settings for a demo in `folder`. Raises OSError when that cannot be had."""
    say = Catalogue(language)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.toml"
    text = CONFIG.format(
        note=say("demo-config-note"),
        language=language,
        port=port,
        sales=say("demo-group-sales"),
        support=say("demo-group-support"),
        site=say("demo-site-title"),
        company=say("demo-company"),
        greeting=say("demo-greeting"),
    )
    tried = _written(folder / f"config.{os.getpid()}", text)  # not yet over that of a demo that runs here
    try:
        return Prepared(load(tried, {}), path, text)
    finally:
        tried.unlink(missing_ok=True)


def _written(path: Path, text: str) -> Path:
    """A file that only its owner may read."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path
