"""How a bot of ours is reached: the settings that the desk and a Telegram channel share."""

import hashlib
import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, SecretStr, ValidationInfo

from bridge.settings import mistake

OFFICIAL_API: Final = "https://api.telegram.org"
WEBHOOK_PORTS: Final = (443, 80, 88, 8443)  # https://core.telegram.org/bots/api#setwebhook

Updates = Literal["polling", "webhook"]


def _token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[0-9]+:[^\s:/?#]+", token.get_secret_value()):
        raise mistake("config-bad-token")
    return token


def _webhook_secret(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret.get_secret_value()):
        raise mistake("config-bad-webhook-secret")
    return secret


BotToken = Annotated[SecretStr, AfterValidator(_token)]
WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]


def own_webhook_secret(secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
    """The secret given, or for a webhook without one a secret that follows from the bot's token."""
    token: SecretStr | None = info.data.get("token")
    if secret is not None or token is None or info.data.get("updates") != "webhook":
        return secret
    return SecretStr(hashlib.sha256(f"otklik webhook {token.get_secret_value()}".encode()).hexdigest())
