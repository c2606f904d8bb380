"""The demo's configuration: written anew into its folder at each start, then read as any other."""

from __future__ import annotations

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


def prepare(folder: Path, language: str, port: int) -> tuple[Config, Path]:
    """The demo's settings, and where they are written down. Raises OSError when the folder cannot be had."""
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
    fresh = folder / "config.toml.new"
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o600)
    fresh.replace(path)
    return load(path, {}), path
