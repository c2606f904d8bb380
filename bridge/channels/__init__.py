"""The places where customers write: one folder for each kind. None knows another."""

from collections.abc import Mapping
from typing import Final

from bridge.channels.facebook.settings import FacebookSettings
from bridge.channels.site.settings import SiteSettings
from bridge.channels.telegram.settings import TelegramSettings
from bridge.channels.viber.settings import ViberSettings
from bridge.channels.vk.settings import VkSettings
from bridge.settings import ChannelSettings

# The settings of each kind that a config may name.
KINDS: Final[Mapping[str, type[ChannelSettings]]] = {
    "site": SiteSettings,
    "telegram": TelegramSettings,
    "vk": VkSettings,
    "viber": ViberSettings,
    "facebook": FacebookSettings,
}
