"""`[[channel]] kind = "vk"`: customers write to a VKontakte community."""

import hashlib
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator

from bridge.settings import BaseUrl, Limit, MessengerSettings, Secret

OFFICIAL_API: Final = "https://api.vk.com"
SECRET_LIMIT: Final = 50  # characters that VKontakte keeps

Updates = Literal["longpoll", "callback", "both"]


class VkSettings(MessengerSettings):
    """`both` takes in events by long poll and callback at once, each event counting once."""

    kind: Literal["vk"]
    community_id: Limit
    token: Secret
    updates: Updates = "longpoll"
    # The callback server: Otklik registers it by itself, and asks VKontakte for the confirmation code. Both can be
    # given where a server was set up by hand.
    confirmation: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] = ""
    secret: Annotated[SecretStr | None, Field(validate_default=True)] = None
    api_url: BaseUrl = OFFICIAL_API

    @field_validator("secret", mode="after")
    @classmethod
    def _own_secret(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Without one, a secret that follows from the token."""
        token: SecretStr | None = info.data.get("token")
        if secret is not None or token is None:
            return secret
        made = hashlib.sha256(f"otklik callback {token.get_secret_value()}".encode()).hexdigest()
        return SecretStr(made[:SECRET_LIMIT])
