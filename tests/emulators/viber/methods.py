"""The API's methods: a body in, an answer or a `Refusal` out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .checks import check_message
from .errors import BAD_RECEIVER, INVALID_URL, OLD_CLIENT, WEBHOOK_NOT_SET, Refusal, bad, missing
from .humans import Person
from .world import MANDATORY, OPTIONAL, Hook

if TYPE_CHECKING:
    from .emulator import ViberEmulator

Answer = dict[str, Any]
OK: Answer = {"status": 0, "status_message": "ok"}
HOST = {"chat_hostname": "SN-CALLBACK-07_"}
MOST_IDS, MOST_RECEIVERS = 100, 300


async def set_webhook(emulator: ViberEmulator, body: dict[str, Any]) -> Answer:
    """Probe the URL with a `webhook` event and keep it if that gets 200; "" removes."""
    world = emulator.world
    url = body.get("url")
    if url is None:
        raise missing("url")
    if not isinstance(url, str):
        raise bad("url")
    if url == "":
        world.hook = Hook()
        return OK | HOST
    events = _events(body.get("event_types"))
    flags = {flag: _flag(body, flag) for flag in ("send_name", "send_photo")}
    parts = urlsplit(url)
    loopback = world.local and parts.hostname in ("127.0.0.1", "localhost")
    if not parts.hostname or not (parts.scheme == "https" or (loopback and parts.scheme == "http")):
        raise Refusal(INVALID_URL, "the URL must use SSL")
    status = await emulator.hooks.probe(url)
    if status != 200:
        raise Refusal(INVALID_URL, f"Result: {status}")
    world.hook = Hook(url, events, **flags)
    return OK | HOST | {"event_types": list(events)}


def _events(given: Any) -> tuple[str, ...]:
    """The effective list: all when none is given; some can't be switched off."""
    if given is None:
        return MANDATORY + OPTIONAL
    if not isinstance(given, list):
        raise bad("event_types")
    for one in given:
        if one not in (*MANDATORY, *OPTIONAL, "webhook"):
            raise bad(f"event_types: {one}")
    return MANDATORY + tuple(name for name in OPTIONAL if name in given)


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise bad(name)
    return value


async def get_account_info(emulator: ViberEmulator, body: dict[str, Any]) -> Answer:
    world = emulator.world
    account, hook = world.account, world.hook
    subscribers = [person for person in world.people.values() if person.subscribed]
    answer = OK | HOST | {"id": account.id, "name": account.name, "uri": account.uri}
    answer |= {"icon": f"{world.url}/icon.png", "background": f"{world.url}/background.png"}
    answer |= {"category": "Companies, Brands & Products", "subcategory": "Shop", "country": account.country}
    answer |= {"location": {"lat": 50.45, "lon": 30.52}, "subscribers_count": len(subscribers)}
    if hook.url:
        answer |= {"webhook": hook.url, "event_types": list(hook.events)}
    answer["members"] = [
        {"id": "fh2tBUoCZ0AxbX2q9pY2Vw==", "name": "Owner", "avatar": f"{world.url}/icon.png", "role": "admin"}
    ]
    return answer


async def send_message(emulator: ViberEmulator, body: dict[str, Any]) -> Answer:
    world = emulator.world
    person = _receiver(emulator, body.get("receiver"))
    if not world.hook.url:
        raise Refusal(WEBHOOK_NOT_SET)
    check_message(body, local=world.local, strict=world.strict_fields)
    person = world.receiver(body["receiver"])
    if body.get("min_api_version", 1) > person.api_version:
        raise Refusal(OLD_CLIENT)
    billing = world.charge(person)
    token = world.new_token()
    heard = person.take(body, token)
    if emulator.receipts_first and person.online:
        await emulator.wait_until(lambda: heard.delivered or heard.failed)
        await emulator.hooks.settle()
    return OK | {"message_token": world.shown(token)} | HOST | {"billing_status": billing}


def _receiver(emulator: ViberEmulator, id: Any) -> Person | None:
    """The person; None for an id of somebody else; anything that is no id is refused."""
    if id is None or id == "":
        raise missing("receiver")
    try:
        raw = base64.b64decode(id, validate=True) if isinstance(id, str) else b""
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 16:
        raise Refusal(BAD_RECEIVER)
    return emulator.world.people.get(id)


async def broadcast_message(emulator: ViberEmulator, body: dict[str, Any]) -> Answer:
    world = emulator.world
    ids = body.get("broadcast_list")
    if ids is None:
        raise missing("broadcast_list")
    if not isinstance(ids, list) or not 0 < len(ids) <= MOST_RECEIVERS:
        raise bad(f"broadcast_list is not of 1 to {MOST_RECEIVERS}")
    if not world.hook.url:
        raise Refusal(WEBHOOK_NOT_SET)
    check_message(body, local=world.local, strict=world.strict_fields)
    world.count_broadcast()
    token = world.new_token()
    failed = []
    for id in ids:
        try:
            _receiver(emulator, id)
            person = world.receiver(id)
            world.charge(person)
            person.take({key: value for key, value in body.items() if key != "broadcast_list"}, token)
        except Refusal as refusal:
            failed.append({"receiver": id} | refusal.body())
    return OK | {"message_token": world.shown(token), "failed_list": failed} | HOST


async def get_user_details(emulator: ViberEmulator, body: dict[str, Any]) -> Answer:
    world = emulator.world
    _receiver(emulator, body.get("id"))
    person = world.receiver(body["id"])
    world.count_details(person)
    about = person.profile() | {
        "primary_device_os": "iOS 17.4" if person.system == "ios" else "Android 14",
        "viber_version": "22.4.0",
        "mcc": 255,
        "mnc": 1,
        "device_type": "iPhone14,5" if person.system == "ios" else "Pixel 8",
    }
    return OK | {"message_token": world.shown(world.new_token()), "user": about} | HOST


async def get_online(emulator: ViberEmulator, body: dict[str, Any]) -> Answer:
    ids = body.get("ids")
    if not ids:
        raise missing("ids")
    if not isinstance(ids, list) or len(ids) > MOST_IDS:
        raise bad(f"ids are more than {MOST_IDS}")
    words = ("online", "offline", "undisclosed", "tryLater", "unavailable")
    users = []
    for id in ids:
        person = emulator.world.people.get(id)
        status = 4 if person is None or not person.subscribed else person.status or int(not person.online)
        users.append({"id": id, "online_status": status, "online_status_message": words[status]})
    return OK | {"users": users} | HOST


METHODS: dict[str, Callable[[ViberEmulator, dict[str, Any]], Awaitable[Answer]]] = {
    "set_webhook": set_webhook,
    "get_account_info": get_account_info,
    "send_message": send_message,
    "broadcast_message": broadcast_message,
    "get_user_details": get_user_details,
    "get_online": get_online,
}
