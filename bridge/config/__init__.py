"""config.toml: read into frozen settings, or refused with every mistake at once.

    config = load(Path("config.toml"), os.environ)
    config.channel("shop").origins

`models` says which tables and keys there are (a channel's own are in `channels/<kind>/settings.py`),
`rules` what must agree between them, `places` where in the file a key stands, and `problems` how a
mistake is put into words.
"""

from bridge.config.models import Config, DeskSettings, GroupSettings, ServerSettings, StorageSettings, WebSettings
from bridge.config.problems import ConfigError, Problem
from bridge.config.reader import load

__all__ = [
    "Config",
    "ConfigError",
    "DeskSettings",
    "GroupSettings",
    "Problem",
    "ServerSettings",
    "StorageSettings",
    "WebSettings",
    "load",
]
