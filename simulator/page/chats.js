// The chats of one phone: which there are, which is open, and the tabs that lead from one to another.
import { el } from "./dom.js";
import { words } from "./words.js";

/** A private chat or a group, with everything that was said in it. */
class Chat {
  constructor(about) {
    this.about = about;
    this.messages = new Map();
    // pressed buttons that wait for an answer: "message data" -> the query's id, once the server has said it
    this.pending = new Map();
    this.keyboard = null;
    this.blocked = false;
    this.isTyping = false;
    this.isRead = false;
  }

  takeState(state) {
    this.messages = new Map(state.messages.map((message) => [message.message_id, message]));
    this.keyboard = state.keyboard;
    this.blocked = Boolean(state.blocked);
    this.isTyping = Boolean(state.typing);
    this.isRead = true;
  }
}

/** What one has before one's eyes: a chat, or in a forum one of its topics (0 is the general one). */
class Place {
  constructor(chat, topic) {
    this.chat = chat;
    this.topic = topic;
    this.unread = 0;
    this.below = 0;
    this.atBottom = true;
    this.scrollTop = 0;
    this.staged = [];
    this.context = null;
  }

  get key() {
    return keyOf(this.chat.about.id, this.topic);
  }

  get isGroup() {
    return this.chat.about.type !== "private";
  }

  get where() {
    return this.isGroup ? { chat: this.chat.about.id, ...(this.topic && { topic: this.topic }) } : {};
  }

  has(message) {
    return this.topic === null || topicOf(message) === this.topic;
  }
}

const keyOf = (chat, topic) => (topic === null ? `${chat}` : `${chat} ${topic}`);
const topicOf = (message) => (message.is_topic_message ? message.message_thread_id : 0);
const topicsOf = (about) => (about.is_forum ? [0, ...about.topics.map(({ id }) => id)] : [null]);

export class Chats {
  constructor(abouts) {
    this.byId = new Map();
    this.places = new Map();
    this.set(abouts);
    this.open = this.places.values().next().value;
  }

  get private() {
    return this.places.values().next().value;
  }

  get all() {
    return [...this.byId.values()];
  }

  get unread() {
    return [...this.places.values()].reduce((sum, place) => sum + place.unread, 0);
  }

  /** The list as it is now; who stood in what is gone stands in what came after it. */
  set(abouts) {
    const [chats, places] = [new Map(), new Map()];
    for (const about of abouts) {
      const chat = this.byId.get(about.id) || new Chat(about);
      chat.about = about;
      chats.set(about.id, chat);
      for (const topic of topicsOf(about)) {
        const key = keyOf(about.id, topic);
        places.set(key, this.places.get(key) || new Place(chat, topic));
      }
    }
    [this.byId, this.places] = [chats, places];
    if (this.open && !places.has(this.open.key)) this.open = this.placesOf(this.successor(this.open.chat.about.id))[0];
  }

  successor(id) {
    return this.byId.get(id) || this.all.find(({ about }) => about.before === id) || this.all[0];
  }

  placesOf(chat) {
    return [...this.places.values()].filter((place) => place.chat === chat);
  }

  placeOf(chat, message) {
    const places = this.placesOf(chat);
    return places.find((place) => place.has(message)) || places[0];
  }
}

/** Two rows of tabs: the chats, and of an open forum its topics. Somebody with one chat needs none. */
export class ChatTabs {
  constructor(phone, open) {
    this.phone = phone;
    this.openPlace = open;
    this.rows = [el("nav.chats", { role: "tablist", hidden: true }), el("nav.chats.topics", { role: "tablist", hidden: true })];
  }

  draw() {
    const { chats, language } = this.phone;
    const phrases = words(language);
    const [ofChats, ofTopics] = this.rows;
    ofChats.hidden = chats.all.length < 2;
    ofChats.setAttribute("aria-label", phrases.chats);
    this.fill(ofChats, chats.all.map((chat) => this.chatTab(chat, phrases)));
    const topics = chats.open.topic === null ? [] : chats.placesOf(chats.open.chat);
    ofTopics.hidden = topics.length === 0;
    ofTopics.setAttribute("aria-label", phrases.topics);
    this.fill(ofTopics, topics.map((place) => this.tab(place, this.topicName(place, phrases), place === chats.open, this.unreadOf([place]), phrases)));
  }

  chatTab(chat, phrases) {
    const { chats } = this.phone;
    const places = chats.placesOf(chat);
    const isOpen = chats.open.chat === chat;
    return this.tab(isOpen ? chats.open : places[0], this.phone.titleOf(chat), isOpen, this.unreadOf(places), phrases);
  }

  topicName(place, phrases) {
    return place.chat.about.topics.find(({ id }) => id === place.topic)?.name || phrases.general;
  }

  /** What is before one's eyes is read. */
  unreadOf(places) {
    return places.reduce((sum, place) => sum + (place === this.phone.chats.open ? 0 : place.unread), 0);
  }

  tab(place, title, selected, unread, phrases) {
    const badge = unread > 0 && el("span.badge", {}, String(unread), el("span.hidden", {}, ` ${phrases.unread}`));
    const options = {
      type: "button", role: "tab", title, "aria-selected": String(selected), "aria-controls": `canvas-${this.phone.id}`, tabindex: selected ? "0" : "-1",
      dataset: { place: place.key }, onclick: () => this.openPlace(place), onkeydown: (event) => this.move(event),
    };
    return el("button.chat-tab", options, el("span", {}, title), badge);
  }

  /** Drawn anew, the focus stays where it was, and the open tab in sight. */
  fill(row, tabs) {
    const focused = row.contains(document.activeElement);
    const scrolled = row.scrollLeft;
    row.replaceChildren(...tabs);
    row.scrollLeft = scrolled;
    const selected = row.querySelector("[aria-selected=true]");
    if (focused) selected?.focus({ preventScroll: true });
    if (!selected || row.hidden) return;
    const over = selected.offsetLeft + selected.offsetWidth - row.clientWidth;
    if (selected.offsetLeft < row.scrollLeft) row.scrollLeft = selected.offsetLeft;
    else if (over > row.scrollLeft) row.scrollLeft = over;
  }

  move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const tabs = [...event.currentTarget.parentElement.children];
    const next = tabs[(tabs.indexOf(event.currentTarget) + step + tabs.length) % tabs.length];
    this.openPlace(this.phone.chats.places.get(next.dataset.place));
  }
}
