"""Messengers in config.toml: what they need of the rest of it."""

from pathlib import Path

import pytest

from bridge.config import ConfigError, load

BASE = """\
language = "ru"
{url}
[desk]
token = "123456789:AAEsecretsecretsecretsecretsecret01"
[[group]]
name = "sales"
title = "Продажи"
chat_id = -1001234567890
"""
CHANNELS = {
    "vk": 'community_id = 1\ntoken = "vk1.a.secret"',
    "viber": 'token = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"',
    "facebook": 'page_id = 2\npage_token = "EAAsecret"\napp_secret = "0123456789abcdef"\nverify_token = "verify"',
}
HTTPS, HTTP = 'public_url = "https://chat.example.ru"', 'public_url = "http://chat.example.ru"'
LOCAL = 'api_url = "http://127.0.0.1:8099"'
NEEDS_URL = "нужен public_url на https: по нему платформа вызывает Otklik"
NEEDS_HTTPS = "нужен public_url на https: без него платформа не вызовет Otklik"


def channel(kind: str, *more: str, name: str = "", keys: str = "") -> str:
    lines = [f'kind = "{kind}"', f'name = "{name or kind}"', 'group = "sales"', keys or CHANNELS[kind], *more]
    return "\n".join(["[[channel]]", *lines, ""])


def problems(folder: Path, url: str, *channels: str) -> list[str]:
    """What is said of a config with these channels, without the places."""
    path = folder / "config.toml"
    path.write_text(BASE.format(url=url) + "".join(channels), encoding="utf-8")
    try:
        load(path, {})
    except ConfigError as error:
        return [
            line.split(": ", 2)[2]
            for line in str(error).splitlines()
            if line.startswith(str(path)[:5]) or ": " in line
        ]
    return []


@pytest.mark.parametrize("kind", CHANNELS)
def test_what_is_needed_is_little(tmp_path: Path, kind: str):
    assert problems(tmp_path, HTTPS, channel(kind)) == []


@pytest.mark.parametrize("kind", ["viber", "facebook"])
def test_who_calls_us_needs_an_address(tmp_path: Path, kind: str):
    assert NEEDS_URL in "".join(problems(tmp_path, "", channel(kind)))
    assert NEEDS_HTTPS in "".join(problems(tmp_path, HTTP, channel(kind)))


@pytest.mark.parametrize("kind", ["viber", "facebook"])
def test_a_stand_in_on_this_machine_may_call_without_https(tmp_path: Path, kind: str):
    assert problems(tmp_path, HTTP, channel(kind, LOCAL)) == []
    assert NEEDS_URL in "".join(problems(tmp_path, "", channel(kind, LOCAL)))
    elsewhere = 'api_url = "http://proxy.example.ru"'
    assert NEEDS_HTTPS in "".join(problems(tmp_path, HTTP, channel(kind, elsewhere)))


@pytest.mark.parametrize(("updates", "needs"), [("longpoll", False), ("callback", True), ("both", True)])
def test_vkontakte_needs_one_only_for_callbacks(tmp_path: Path, updates: str, needs: bool):
    written = channel("vk", f'updates = "{updates}"')
    assert (NEEDS_URL in "".join(problems(tmp_path, "", written))) is needs
    assert (NEEDS_HTTPS in "".join(problems(tmp_path, HTTP, written))) is needs
    assert problems(tmp_path, HTTPS, written) == []


@pytest.mark.parametrize(("kind", "key"), [("vk", "community_id"), ("facebook", "page_id")])
def test_an_account_is_read_in_one_place(tmp_path: Path, kind: str, key: str):
    first, second = channel(kind, name="one"), channel(kind, name="two")
    (said,) = problems(tmp_path, HTTPS, first, second)
    assert "эта страница или сообщество уже есть в другом канале" in said
    other = channel(kind, name="two", keys=CHANNELS[kind].replace(f"{key} = ", f"{key} = 7"))
    assert problems(tmp_path, HTTPS, first, other) == []


def test_the_same_number_on_two_platforms_is_no_matter(tmp_path: Path):
    facebook = channel("facebook", keys=CHANNELS["facebook"].replace("page_id = 2", "page_id = 1"))
    assert problems(tmp_path, HTTPS, channel("vk"), facebook) == []


def test_all_kinds_at_once(tmp_path: Path):
    assert problems(tmp_path, HTTPS, *map(channel, CHANNELS)) == []
    assert len(problems(tmp_path, "", *map(channel, CHANNELS))) == 2
