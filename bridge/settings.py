"""What the settings of every part have in common: frozen, no unknown keys, secrets hidden.

A validator here refuses by `mistake("config-…")`: the id of a sentence in the catalogue, so that the
words are chosen when the language of the config is known. Values never go into errors by themselves.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from bridge.catalogue import Catalogue

PROXY_SCHEMES: Final = ("http", "socks4", "socks5")


def mistake(message_id: str, **values: str) -> PydanticCustomError:
    """The error of a validator, in words of the catalogue; `values` must not hold secrets."""
    return PydanticCustomError(message_id, message_id, dict(values))


def split_url(url: str) -> SplitResult | None:
    """The parts of an http(s) address that has a host and a sound port, or None."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", parts.netloc):
        return None
    return parts


def _not_a_switch(value: object) -> object:
    """TOML's true is not the number 1."""
    if isinstance(value, bool):
        raise mistake("config-expected-number")
    return value


def _base_url(url: str) -> str:
    """An address to append paths to: no query, no slash at the end."""
    parts = split_url(url)
    if parts is None or parts.query or parts.fragment:
        raise mistake("config-bad-url")
    return url.strip().rstrip("/")


def _proxy(url: str) -> str:
    if not url:
        return url
    try:
        parts = urlsplit(url)
        usable = parts.scheme in PROXY_SCHEMES and bool(parts.hostname) and parts.port is not None
    except ValueError:
        usable = False
    if not usable:
        raise mistake("config-bad-proxy")
    return url


def _place(path: Path) -> Path:
    if path == Path():
        raise mistake("config-empty")
    return path.expanduser()


Number = Annotated[int, BeforeValidator(_not_a_switch)]
Limit = Annotated[Number, Field(ge=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,32}$")]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Proxy = Annotated[str, AfterValidator(_proxy), Field(repr=False)]  # may hold a password
Place = Annotated[Path, AfterValidator(_place)]  # relative ones lie beside the config file


class Settings(BaseModel):
    """A table of the config file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def secrets(self) -> Iterator[str]:
        """Every secret value in this table and below, to keep them out of the log."""
        for name, value in self:
            if name == "proxy" and value:
                yield from filter(None, (value, urlsplit(value).password))
            else:
                yield from _secrets_in(value)

    def beside(self, folder: Path) -> Self:
        """Itself with relative paths, here and below, taken from `folder`."""
        return self.model_copy(update={name: _beside(value, folder) for name, value in self})


def _beside(value: Any, folder: Path) -> Any:
    if isinstance(value, Path):
        return folder / value
    if isinstance(value, Settings):
        return value.beside(folder)
    return tuple(_beside(item, folder) for item in value) if isinstance(value, tuple) else value


def _secrets_in(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, Settings):
        yield from value.secrets()
    elif isinstance(value, tuple):
        for item in value:
            yield from _secrets_in(item)


def _shown_secret(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise mistake("config-empty")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_shown_secret)]  # a token or key of a platform


class ChannelSettings(Settings):
    """What every [[channel]] has; each kind adds its own in `channels/<kind>/settings.py`."""

    kind: str
    name: Name
    group: str
    title: Title = ""  # what operators read; filled in when the config is loaded
    proxy: Proxy = ""

    def completed(self, language: str, desk_api_url: str) -> Self:
        """Itself with the defaults that depend on the rest of the file: here, the title."""
        if self.title:
            return self
        title = Catalogue(language)("config-channel-title", kind=self.kind, name=self.name)
        return self.model_copy(update={"title": title})


class MessengerSettings(ChannelSettings):
    """What the channels of other messengers have in common."""

    api_url: BaseUrl
    files_by_link: bool = False  # what the platform does not take goes as an address of our own media
    greeting: str | None = None  # the first words to somebody who comes; without it, the catalogue's or none
