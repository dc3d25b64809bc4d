"""A department's group in Telegram: cards without personal data, [Take] and answers there, and nothing lost with it."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from domain.people import Language
from simulator.groups import carry_out, groups_of
from simulator.telegram import Chat, Message
from storage.beginnings import DEPARTMENTS
from storage.tables import audit, forms, group_codes, groups, inbox, outbox, people
from tests.journeys.cast import PARASAT, Cast, everything_stored, hands_over, nothing_went_wrong
from tests.town import Somebody

CULTURE = "Culture and languages"
HALL = next(topic for _, topics in DEPARTMENTS for topic in topics if topic.en == "Help with cultural events")
TEXT = "Просим помочь с залом для концерта общества слепых."
REPLY = "Зал Дома дружбы свободен 20 марта, подайте заявку в отдел."


@dataclass
class Room:
    """The group as those in it see it."""

    cast: Cast
    chat: Chat

    def said(self) -> list[str]:
        """What the bot says there, as it stands now."""
        return [m.get("text", "") for m in self._of_bot() if "text" in m]

    def card(self, number: str) -> Message:
        """The newest message with this number and a status."""
        return next(m for m in reversed(self._of_bot()) if f"№ {number}" in m.get("text", "") and "Status" in m["text"])

    def _of_bot(self) -> list[Message]:
        return [m for _, m in sorted(self.chat.messages.items()) if m["from"]["is_bot"]]

    def labels(self, message: Message) -> list[str]:
        rows = self.chat.messages[message["message_id"]].get("reply_markup", {}).get("inline_keyboard", [])
        return [button["text"] for row in rows for button in row]

    async def writes(self, who: Somebody, text: str, to: Message | None = None) -> Message:
        message: Message = who.phone.within(self.chat).writes(text, reply_to=to)
        await self.cast.town.settle()
        return message

    async def presses(self, who: Somebody, label: str, card: Message) -> None:
        who.phone.within(self.chat).presses(label, card["message_id"])
        await self.cast.town.settle()


async def _at_the_desk(cast: Cast, department: str = CULTURE) -> None:
    await cast.saule.writes("/admin")
    await cast.saule.presses("departments")
    await cast.saule.presses(department)
    await cast.saule.presses("group")


async def code_for(cast: Cast, department: str = CULTURE) -> str:
    """Saule makes it at her desk."""
    await _at_the_desk(cast, department)
    await cast.saule.presses("link")
    found = re.search(r"/link (\S+)", cast.saule.last)
    assert found, cast.saule.last
    return found.group(1)


async def linked(cast: Cast, chat: Chat | None = None) -> Room:
    room = Room(cast, chat or cast.town.telegram.group("Отдел культуры", [cast.daniyar.phone, cast.aigerim.phone]))
    await room.writes(cast.daniyar, f"/link {await code_for(cast)}")
    return room


async def _rows(cast: Cast, table: object) -> list[object]:
    async with cast.town.app.database.reading() as db:
        return list(await db.execute(select(table)))  # type: ignore[call-overload]


# --- linking --------------------------------------------------------------------------------------------------------


async def test_an_administrator_links_a_group_by_a_code(asked: Cast) -> None:
    room = await linked(asked)
    assert room.said()[0] == (
        "The group is linked with «Culture and languages».\nOpen questions: 1\n"
        "To answer a question, reply to its card: outcome and preview come in the private chat."
    )
    assert room.said()[1] == (
        f"№ {asked.number}, Question\nTopic: Help with cultural events\nStatus: registered\n"
        "Answer due: 26 March 2026, Thursday"
    )
    assert room.labels(room.card(asked.number)) == ["Take", "Show it to me in private"]
    async with asked.town.app.database.reading() as db:
        lines = [tuple(row) for row in await db.execute(select(audit.c.action, audit.c.object, audit.c.actor_id))]
    assert lines[-2:] == [
        ("group code made", "department 3", asked.saule.id),
        ("group linked", "department 3", asked.daniyar.id),
    ]


async def test_the_desk_shows_a_linked_group_and_unlinks_it(cast: Cast) -> None:
    room = await linked(cast)
    await _at_the_desk(cast)
    assert "A group is linked since 2 March 2026, 11:00." in cast.saule.last
    await cast.saule.presses("unlink")
    assert cast.saule.last.startswith("The group is linked no more.")
    assert await _rows(cast, groups) == []
    said = len(room.said())
    await cast.town.a_question(cast.aigerim)
    assert len(room.said()) == said
    await cast.saule.does("presses_data", "dep_group:999")
    await cast.saule.does("presses_data", "dep_group_unlink:x")
    assert cast.saule.last.startswith("Departments and people")


async def test_a_code_works_once_within_an_hour_for_those_who_may(asked: Cast) -> None:
    town = asked.town
    group, other = (town.telegram.group(title, [asked.aigerim.phone]) for title in ("Культура", "Другая"))
    room, second = Room(asked, group), Room(asked, other)
    code = await code_for(asked)
    assert [row.code_hash != code for row in await _rows(asked, group_codes)] == [True]  # type: ignore[attr-defined]

    guest = town.stranger("Nobody", Language.EN)
    for who in (asked.aigerim, guest):
        await room.writes(who, f"/link {code}")
        assert room.said()[-1].startswith("This code links nothing")
    assert guest.id not in [row.id for row in await _rows(asked, people)]  # type: ignore[attr-defined]
    await room.writes(asked.daniyar, "/link abc")
    assert room.said()[-1].startswith("This code links nothing")

    town.clock.skip(timedelta(hours=1))
    await room.writes(asked.daniyar, f"/link {code}")
    assert room.said()[-1].startswith("This code links nothing")

    fresh = await code_for(asked)
    await room.writes(asked.saule, f"/link@kopir_bot {fresh}")
    assert "is linked with" in room.said()[-2]
    await second.writes(asked.saule, f"/link {fresh}")
    assert second.said()[-1].startswith("This code links nothing")
    payloads = [row.payload for row in await _rows(asked, inbox)]  # type: ignore[attr-defined]
    assert not [p for p in payloads if fresh in p or code in p]


async def test_the_code_of_an_administrator_who_is_none_any_more_links_nothing(cast: Cast) -> None:
    madina = cast.town.stranger("Madina", Language.EN)
    role = cast.saule.words.plain("Administrator")
    await madina.meets_the_bot(await cast.town.invited(cast.saule, role))
    await madina.writes("/admin")
    await madina.presses("departments")
    await madina.presses(CULTURE)
    await madina.presses("group")
    await madina.presses("link")
    code = re.search(r"/link (\S+)", madina.last)
    assert code
    async with cast.town.app.database.transaction() as db:
        from storage.people import remove_admin

        assert await remove_admin(db, madina.id, cast.saule.id)
    room = Room(cast, cast.town.telegram.group("Культура", [cast.daniyar.phone]))
    await room.writes(cast.daniyar, f"/link {code.group(1)}")
    assert room.said()[-1].startswith("This code links nothing")


async def test_one_group_belongs_to_one_department(cast: Cast) -> None:
    room = await linked(cast)
    await room.writes(cast.saule, f"/link {await code_for(cast, 'Education')}")
    assert room.said()[-1] == "This group is linked with another department. Unlink it there first."
    other = Room(cast, cast.town.telegram.group("Новая", [cast.daniyar.phone]))
    await other.writes(cast.saule, f"/link {await code_for_another(cast)}")
    assert "is linked with «Culture" in other.said()[-1]
    assert [row.chat_id for row in await _rows(cast, groups)] == [other.chat.id]  # type: ignore[attr-defined]


async def code_for_another(cast: Cast) -> str:
    """Saule unlinks the group first."""
    await _at_the_desk(cast)
    await cast.saule.presses("unlink")
    await cast.saule.presses("link")
    found = re.search(r"/link (\S+)", cast.saule.last)
    assert found, cast.saule.last
    return found.group(1)


# --- cards, taking --------------------------------------------------------------------------------------------------


async def test_a_card_says_nothing_of_who_asked_what_and_follows_the_question(cast: Cast) -> None:
    room = await linked(cast)
    number = await cast.town.a_question(cast.aigerim, TEXT)
    card = room.card(number)
    await room.presses(cast.daniyar, "Take", card)
    assert "Status: in work" in room.card(number)["text"]
    assert room.card(number)["message_id"] == card["message_id"], "the same message, redrawn"
    assert room.labels(card) == ["Show it to me in private"]
    assert "Status: in work" in cast.daniyar.last, "and his own card comes in private"
    assert f"№ {number} is in work. Responsible: Daniyar." in cast.aigerim.last
    await cast.aigerim.writes(number)
    await cast.aigerim.presses("withdraw")
    assert "Status: withdrawn" in room.card(number)["text"]
    everything = "\n".join(room.said())
    for personal in ("Aigerim", "Daniyar", PARASAT, "зал", str(cast.aigerim.id)):
        assert personal not in everything


async def test_what_is_pressed_there_is_checked_as_in_private(asked: Cast) -> None:
    kairat = await asked.town.an_official(asked.saule, "Kairat", "Education", Language.EN)
    room = await linked(asked)
    card = room.card(asked.number)
    nobody = asked.town.stranger("Nobody", Language.EN)
    for who in (nobody, nobody, asked.town.stranger("Another", Language.EN)):
        await room.presses(who, "Take", card)
    told = (
        f"№ {asked.number}: these buttons work for officials of «Culture and languages» who have begun a private chat "
        "with the bot: https://t.me/kopir_bot"
    )
    assert [text for text in room.said() if "these buttons" in text] == [told], "said once"
    for who in (asked.aigerim, asked.saule):
        await room.presses(who, "Take", card)
        assert who.last == f"№ {asked.number}: it is taken by an official of the department «Culture and languages»."
    await room.presses(kairat, "Take", card)
    assert kairat.last.startswith("There is no such question, or it is not yours.")
    assert "Status: registered" in room.card(asked.number)["text"]
    assert nobody.id not in [row.id for row in await _rows(asked, people)]  # type: ignore[attr-defined]

    await room.presses(asked.daniyar, "Take", card)
    marat = await asked.town.an_official(asked.saule, "Marat", language=Language.EN)
    marat.phone.within(room.chat).presses_data(f"take:{asked.number}", card["message_id"])
    await asked.town.settle()
    assert "This question is already in work. Responsible: Daniyar." in marat.texts[-2:][0]
    await room.presses(marat, "Show it to me in private", card)
    assert marat.last.startswith(f"№ {asked.number}, Question")


async def test_whoever_speaks_as_the_group_or_a_channel_is_nobody(asked: Cast) -> None:
    room = await linked(asked)
    card = {k: v for k, v in room.card(asked.number).items() if k != "reply_to_message"}
    chat = room.chat.as_dict()
    anonymous = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    channel = {"id": -1_001_234_567_890, "type": "channel", "title": "X"}
    before = await everything_stored(asked.town)
    about = {"message_id": 900, "date": 1, "chat": chat, "text": REPLY, "reply_to_message": card}
    await hands_over(
        asked.town,
        {"message": {**about, "from": anonymous, "sender_chat": chat}},
        {"message": {**about, "from": {**asked.daniyar.phone.user}, "sender_chat": channel}},
        {"message": {**about, "from": {"id": 777_000, "is_bot": False, "first_name": "T"}, "sender_chat": channel}},
        {"edited_message": {**about, "from": asked.daniyar.phone.user, "edit_date": 2}},
    )
    assert await everything_stored(asked.town) == before


# --- answering ------------------------------------------------------------------------------------------------------


async def test_a_reply_to_the_card_is_an_answer_that_goes_on_in_private(asked: Cast) -> None:
    room = await linked(asked)
    told = len(asked.aigerim.texts)
    await room.writes(asked.daniyar, REPLY, room.card(asked.number))
    assert room.said()[-1] == (
        f"№ {asked.number}: the answer goes on in the private chat, where its outcome is chosen and it is shown before "
        f"it is sent: https://t.me/kopir_bot?start=answer-{asked.number}"
    )
    assert asked.daniyar.last == f"№ {asked.number}: what is the outcome?"
    assert len(asked.aigerim.texts) == told, "nothing goes to the NGO without the preview"
    note = room.chat.messages[max(room.chat.messages)]
    await room.writes(asked.daniyar, "Вход со двора.", note)

    await asked.town.restart()
    room.cast.daniyar.phone.within(room.chat).sends_photo(reply_to=room.card(asked.number)["message_id"])
    await asked.town.settle()
    await asked.daniyar.presses("outcome_explained")
    assert asked.daniyar.last.startswith("Check before sending")
    assert f"{REPLY}\n\nВход со двора." in asked.daniyar.last, "what is replied to the bot's other words there is added"
    assert "Attachments: photo: 1" in asked.daniyar.last
    await asked.daniyar.presses("send")
    assert REPLY in next(text for text in asked.aigerim.texts if "there is an answer" in text)
    assert "Status: answered" in room.card(asked.number)["text"]
    assert len([text for text in room.said() if "goes on in the private chat" in text]) == 1


async def test_a_reply_of_anybody_else_is_no_answer(asked: Cast) -> None:
    kairat = await asked.town.an_official(asked.saule, "Kairat", "Education", Language.EN)
    room = await linked(asked)
    said = len(room.said())
    for who in (asked.aigerim, asked.saule, kairat, asked.town.stranger("Nobody", Language.EN)):
        await room.writes(who, REPLY, room.card(asked.number))
    assert len(room.said()) == said
    assert await _rows(asked, forms) == []
    assert kairat.last.startswith("There is no such question, or it is not yours.")


async def test_too_little_or_too_much_is_asked_for_again_in_private(asked: Cast) -> None:
    room = await linked(asked)
    await room.writes(asked.daniyar, "Ок", room.card(asked.number))
    await asked.daniyar.presses("outcome_explained")
    assert asked.daniyar.last.startswith("Noted: 2 characters")
    await room.writes(asked.daniyar, "я" * 3_600, room.card(asked.number))
    assert "Nothing is lost" in asked.daniyar.last
    await asked.daniyar.presses("cancel")
    await room.writes(asked.daniyar, "Take", room.card(asked.number))
    assert "Status: in work" in room.card(asked.number)["text"], "a label typed in reply is the button"


async def test_who_has_blocked_the_bot_goes_on_by_the_link(asked: Cast) -> None:
    room = await linked(asked)
    await asked.daniyar.does("blocks")
    await room.writes(asked.daniyar, REPLY, room.card(asked.number))
    link = re.search(r"start=(\S+)", room.said()[-1])
    assert link
    await asked.daniyar.does("starts", link.group(1))
    assert asked.daniyar.last == f"№ {asked.number}: what is the outcome?"
    await asked.daniyar.presses("outcome_explained")
    assert REPLY in asked.daniyar.last
    await asked.daniyar.does("starts", "answer-2026-000099")
    assert asked.daniyar.last.startswith("There is no such question, or it is not yours.")
    await asked.aigerim.does("starts", link.group(1))
    assert "what is the outcome" not in asked.aigerim.last


# --- forums ---------------------------------------------------------------------------------------------------------


async def test_in_a_forum_each_question_has_a_topic(cast: Cast) -> None:
    forum = cast.town.telegram.forum("Культура", [cast.daniyar.phone])
    room = await linked(cast, forum)
    first = await cast.town.a_question(cast.aigerim, TEXT)
    second = await cast.town.a_question(cast.aigerim, "А костюмы?", topic="Conferences and forums")
    assert list(forum.topics.values()) == [
        f"№ {first} Help with cultural events",
        f"№ {second} Conferences and forums",
    ]
    cards = [room.card(number) for number in (first, second)]
    assert [card["message_thread_id"] for card in cards] == list(forum.topics)

    topic = cards[0]["message_thread_id"]
    before = await _rows(cast, forms)
    cast.daniyar.phone.within(forum).writes("Коллеги, кто возьмёт?", topic=topic)
    await cast.town.settle()
    assert await _rows(cast, forms) == before, "what is merely said in a topic is no answer"
    await room.writes(cast.daniyar, REPLY, cards[0])
    assert cast.daniyar.last == f"№ {first}: what is the outcome?"
    assert forum.messages[max(forum.messages)]["message_thread_id"] == topic

    cast.town.telegram.delete_topic(forum, topic)
    await cast.daniyar.presses("outcome_explained")
    await cast.daniyar.presses("send")
    assert "Status: answered" in room.card(first)["text"], "it stands outside of any topic now"
    await cast.aigerim.presses("not_answered")
    await cast.aigerim.writes("Про костюмы ни слова.")
    assert "Status: registered" in room.card(first)["text"]
    assert room.labels(room.card(first))[0] == "Take"
    cast.town.telegram.record.clear()


async def test_topics_switched_on_are_noticed_as_soon_as_the_bot_is_made_an_administrator(cast: Cast) -> None:
    room = await linked(cast, cast.town.telegram.group("Культура", [cast.saule.phone, cast.daniyar.phone]))
    here = cast.saule.phone.within(room.chat)
    assert carry_out(here, "begin_topics")
    [forum] = groups_of(here)
    assert carry_out(cast.saule.phone.within(forum), "promote_bot")
    number = await cast.town.a_question(cast.aigerim, TEXT)
    assert list(forum.topics.values()) == [f"№ {number} Help with cultural events"]


async def test_a_forum_where_the_bot_may_begin_no_topics_gets_its_cards_all_the_same(cast: Cast) -> None:
    forum = cast.town.telegram.forum("Культура", [cast.daniyar.phone])
    room = await linked(cast, forum)
    forum.members[cast.town.telegram.bot.id] = "member"
    number = await cast.town.a_question(cast.aigerim)
    assert "Status: registered" in room.card(number)["text"]
    forum.about.pop("is_forum")
    await room.writes(cast.daniyar, "Take", room.card(number))
    assert [row.forum for row in await _rows(cast, groups)] == [False]  # type: ignore[attr-defined]
    cast.town.telegram.record.clear()


# --- what becomes of a group ----------------------------------------------------------------------------------------


async def test_a_group_that_becomes_a_supergroup_keeps_everything(asked: Cast) -> None:
    room = await linked(asked)
    asked.town.telegram.bot.updates.clear()
    new = Room(asked, asked.town.telegram.migrate(room.chat))
    await asked.town.settle()
    assert [row.chat_id for row in await _rows(asked, groups)] == [new.chat.id]  # type: ignore[attr-defined]
    await new.presses(asked.daniyar, "Take", new.card(asked.number))
    assert "Status: in work" in new.card(asked.number)["text"]
    assert len([text for text in new.said() if "Status" in text]) == 1
    asked.town.telegram.record.clear()


async def test_a_supergroup_that_is_heard_of_by_a_refusal_keeps_everything(asked: Cast) -> None:
    room = await linked(asked)
    new = Room(asked, asked.town.telegram.migrate(room.chat))
    asked.town.telegram.bot.updates.clear()  # its service messages do not come
    second = await asked.town.a_question(asked.aigerim, TEXT)
    assert {number for number in (asked.number, second) if "Status" in new.card(number)["text"]} == {
        asked.number,
        second,
    }
    assert len([text for text in new.said() if "Status" in text]) == 2
    asked.town.telegram.record.clear()


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("removes_bot", "The bot was removed from the group of «Culture and languages»."),
        ("silences_bot", "The bot may not write in the group of «Culture and languages» any more."),
    ],
)
@pytest.mark.parametrize("heard", [True, False], ids=["told", "refused"])
async def test_a_group_that_is_lost_loses_nothing(cast: Cast, deed: str, reason: str, heard: bool) -> None:
    room = await linked(cast)
    getattr(cast.daniyar.phone.within(room.chat), deed)()
    if not heard:
        cast.town.telegram.bot.updates.clear()
    number = await cast.town.a_question(cast.aigerim, TEXT)
    assert number in cast.daniyar.last
    assert [text for text in cast.saule.texts if reason in text] == [f"{reason} Its cards come in private only."]
    assert cast.saule.buttons == ["Group"]
    assert await _rows(cast, groups) == []
    await cast.daniyar.presses("take")
    assert "Status: in work" in cast.daniyar.last
    assert [row.fate for row in await _rows(cast, outbox) if row.chat_id < 0 and row.done_at is None] == []  # type: ignore[attr-defined]
    cast.town.telegram.record.clear()


async def test_a_question_that_goes_to_another_department_leaves_the_group(asked: Cast) -> None:
    room = await linked(asked)
    card = room.card(asked.number)
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("forward")
    education = next(n for n, _ in DEPARTMENTS if n.en == "Education")
    await asked.daniyar.presses(education.en)
    await asked.daniyar.writes("Это вопрос отдела образования.")
    await asked.daniyar.presses("send")
    text = room.chat.messages[card["message_id"]]["text"]
    assert text.endswith("It is with another department now.")
    assert "Status" not in text
    assert room.labels(card) == []


async def test_a_card_follows_the_calendar(asked: Cast) -> None:
    room = await linked(asked)
    await asked.saule.writes("/admin")
    await asked.saule.presses("calendar")
    await asked.saule.presses("day_off")
    await asked.saule.writes("05.03.2026; карантин; карантин")
    await asked.saule.presses("apply")
    assert "Answer due: 27 March 2026, Friday" in room.card(asked.number)["text"]


async def test_the_group_is_spoken_to_in_the_language_of_who_linked_it(cast_in_each_language: Cast) -> None:
    cast = cast_in_each_language
    room = Room(cast, cast.town.telegram.group("Отдел культуры", [cast.daniyar.phone]))
    await cast.saule.writes("/admin")
    for step in ("departments", next(n for n, _ in DEPARTMENTS if n.en == CULTURE).in_(cast.saule.language)):
        await cast.saule.presses(step)
    for step in ("group", "link"):
        await cast.saule.presses(step)
    code = re.search(r"/link (\S+)", cast.saule.last)
    assert code
    await room.writes(cast.saule, f"/link {code.group(1)}")
    number = await cast.town.a_question(cast.aigerim)
    words = cast.saule.words
    card = room.chat.messages[max(room.chat.messages)]
    said = card["text"].splitlines()
    assert said[0].startswith(f"№ {number}")
    assert said[0].endswith(words.label("question"))
    assert said[1] == words.plain("Topic: {topic}", topic=HALL.in_(words.language))
    assert said[2] == words.plain("Status: {status}", status=words.plain("registered"))
    assert said[3].endswith(words.weekday(date(2026, 3, 26)))
    assert room.labels(card) == [words.label("take"), words.label("show_in_private")]


async def test_a_deleted_card_comes_anew(asked: Cast) -> None:
    room = await linked(asked)
    asked.town.telegram.remove(room.chat, room.card(asked.number)["message_id"])
    await asked.daniyar.writes(asked.number)
    await asked.daniyar.presses("take")
    assert "Status: in work" in room.card(asked.number)["text"]
    await room.writes(asked.daniyar, REPLY, room.card(asked.number))
    assert asked.daniyar.last == f"№ {asked.number}: what is the outcome?"
    asked.town.telegram.record.clear()
    await nothing_went_wrong(asked.town)
