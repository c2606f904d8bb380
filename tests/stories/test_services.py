"""What is told about a group, and not said in it, is inert in both layouts."""

import pytest

from tests.conftest import OpenOffice
from tests.office import Office
from tests.stories.scenes import accepted, hints, in_topic, quiet

SERVICE = [
    {"new_chat_members": [{"id": 700, "is_bot": False, "first_name": "Новый"}]},
    {"left_chat_member": {"id": 700, "is_bot": False, "first_name": "Новый"}},
    {"new_chat_title": "Новое имя"},
    {"new_chat_photo": [{"file_id": "x", "file_unique_id": "y", "width": 1, "height": 1}]},
    {"delete_chat_photo": True},
    {"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}},
    {"forum_topic_created": {"name": "Тема", "icon_color": 7322096}},
    {"forum_topic_edited": {"name": "Тема 2"}},
    {"forum_topic_closed": {}},
    {"forum_topic_reopened": {}},
    {"general_forum_topic_hidden": {}},
    {"general_forum_topic_unhidden": {}},
    {"video_chat_scheduled": {"start_date": 1800000000}},
    {"video_chat_started": {}},
    {"video_chat_ended": {"duration": 10}},
    {"video_chat_participants_invited": {"users": [{"id": 700, "is_bot": False, "first_name": "Новый"}]}},
    {"boost_added": {"boost_count": 1}},
    {"chat_background_set": {"type": {"type": "chat_theme", "theme_name": "🏠"}}},
    {"proximity_alert_triggered": {
        "traveler": {"id": 700, "is_bot": False, "first_name": "А"},
        "watcher": {"id": 701, "is_bot": False, "first_name": "Б"},
        "distance": 5,
    }},
    {"write_access_allowed": {}},
    {"giveaway_created": {}},
]  # fmt: skip

Json = dict[str, object]


def told(office: Office, service: Json, number: int, reply_to: int, topic: int | None) -> Json:
    chat = {"id": office.group.id, "type": "supergroup", "title": "Продажи"}
    message: Json = {
        "message_id": 9000 + number,
        "date": int(office.clock.now().timestamp()),
        "from": {"id": office.olga.id, "is_bot": False, "first_name": "Ольга"},
        "chat": {**chat, "is_forum": True} if topic else chat,
        "reply_to_message": {"message_id": reply_to, "date": 1, "chat": chat},
        **service,
    }
    if topic:
        message |= {"message_thread_id": topic, "is_topic_message": True}
    return {"message": message}


@pytest.mark.parametrize("forum", [False, True])
async def test_service_messages_reach_nobody(open_office: OpenOffice, forum: bool) -> None:
    office = await open_office(forum=forum)
    topic = None
    if forum:
        anna, card, view = await in_topic(office)
        topic = view.id
    else:
        anna, card = await accepted(office)
    await quiet(office)
    before = len(office.group.messages(by=office.bot))
    for number, service in enumerate(SERVICE):
        office.bot.push_raw_update(told(office, service, number, card.id, topic))
    await office.ivan.joins(office.group)
    await office.ivan.pins(card)
    office.group.rename("Другое имя")
    await quiet(office)
    assert anna.sees == [] and hints(office) == []
    assert len(office.group.messages(by=office.bot)) == before
    await office.olga.says(office.group, "Всё работает", **({"topic": topic} if topic else {"reply_to": card}))
    await anna.will_see("Всё работает")


async def test_only_the_service_message_of_our_own_pin_is_taken_away(office: Office) -> None:
    _, card = await accepted(office)
    await quiet(office)
    assert [m for m in office.group.messages(service=True) if "pinned_message" in m] == []
    await office.ivan.pins(card)
    await quiet(office)
    assert len([m for m in office.group.messages(service=True) if "pinned_message" in m]) == 1
