// One person's phone: the chat, what is being written, and what the server says happened.
import { ChatTabs, Chats } from "./chats.js";
import { Composer } from "./composer.js";
import { el, icon, languageButtons } from "./dom.js";
import { drawMessages, isService } from "./message.js";
import { server, serverOf } from "./server.js";
import { dayKey, dayName, inLanguage, words } from "./words.js";

// an unanswered press stops looking busy, as in the apps
const PRESS_PATIENCE = 15_000;
const NEAR_BOTTOM = 80;

export class Phone {
  constructor(about, page) {
    this.about = about;
    this.id = about.id;
    this.page = page;
    this.language = about.language;
    this.chats = new Chats(about.chats);
    this.tabs = new ChatTabs(this, (place) => this.open(place));
    this.drawn = new Map();
    this.answered = new Set();
    this.shown = false;
    this.waitingEvents = null;
    this.composer = new Composer(this);
    this.element = this.build();
    this.drawLabels();
    this.enter();
  }

  // --- the chat that is open

  get place() {
    return this.chats.open;
  }

  get chatOpen() {
    return this.chats.open.chat;
  }

  get server() {
    return serverOf(this.id, this.place.where);
  }

  get messages() {
    return this.chatOpen.messages;
  }

  get unread() {
    return this.chats.unread;
  }

  get blocked() {
    return this.chatOpen.blocked;
  }

  get atBottom() {
    return this.place.atBottom;
  }

  set atBottom(atBottom) {
    this.place.atBottom = atBottom;
  }

  titleOf(chat) {
    return chat.about.title || this.about.bot.name;
  }

  open(place) {
    if (!place || place === this.place) return;
    const left = this.place;
    // it was before one's eyes until now
    left.unread = 0;
    left.scrollTop = this.scroller.scrollTop;
    this.chats.open = place;
    place.unread = 0;
    this.enter();
    if (!place.atBottom) this.scroller.scrollTop = place.scrollTop;
    this.page.changed();
  }

  /** Draws the chat that is open now. Whoever listens is told its name by the tab, and is not read all of it. */
  enter() {
    this.list.setAttribute("aria-live", "off");
    this.drawn.clear();
    this.composer.enter(this.place);
    this.drawBar();
    this.tabs.draw();
    this.drawList();
    setTimeout(() => this.list.setAttribute("aria-live", "polite"), 500);
  }

  build() {
    this.caption = el("header.owner");
    this.typing = el("span.status", { "aria-live": "polite" });
    this.moreButton = el("button.round.more", { type: "button", "aria-haspopup": "true", "aria-expanded": "false", onclick: () => this.toggleMenu() }, icon("more"));
    this.menu = el("div.popover.bot-menu", { hidden: true });
    const bot = this.about.bot;
    this.avatar = el("span.avatar.of-bot", { "aria-hidden": "true" });
    this.title = el("b");
    const bar = el(
      "div.chat-bar",
      {},
      this.avatar,
      el("span.who", {}, this.title, this.typing),
      this.moreButton,
      this.menu,
    );
    this.list = el("div.list", { role: "log", "aria-live": "polite", "aria-relevant": "additions text" });
    this.scroller = el("div.scroller", { role: "group", tabindex: "0", onscroll: () => this.scrolled() }, this.list);
    this.downCount = el("span.badge");
    this.downButton = el("button.down", { type: "button", hidden: true, onclick: () => this.toBottom(true) }, icon("down"), this.downCount);
    this.toastBox = el("div.toast", { role: "status", "aria-live": "assertive" });
    this.alertText = el("p");
    this.alertButton = el("button", { type: "button", onclick: () => this.alert.close() });
    this.alert = el("dialog.alert", { role: "alertdialog", "aria-label": bot.name, onclose: () => this.alertClosed(), onkeydown: (event) => event.key === "Escape" && this.alert.close() },
      el("div.alert-box", {}, el("b", {}, bot.name), this.alertText, this.alertButton));
    this.under = [...this.tabs.rows, bar, el("div.canvas", { id: `canvas-${this.id}` }, this.scroller, this.downButton, this.toastBox), this.composer.element];
    const chat = el("div.chat", {}, this.under, this.alert);
    // a picture that loads, a keyboard that opens: whoever read the end keeps reading the end
    new ResizeObserver(() => this.atBottom && this.toBottom()).observe(this.scroller);
    replyBySwipe(this.list, (id) => this.messages.has(id) && this.composer.startReply(this.messages.get(id)));
    this.scroller.addEventListener("load", () => this.atBottom && this.toBottom(), true);
    return el("section.phone", { dataset: { phone: this.id }, id: `phone-${this.id}` }, this.caption, chat);
  }

  get phrases() {
    return words(this.language);
  }

  // --- labels

  drawLabels() {
    const phrases = this.phrases;
    this.element.lang = this.language;
    this.scroller.setAttribute("aria-label", `${phrases.messages}: ${this.about.name}`);
    this.list.setAttribute("aria-label", `${phrases.messages}: ${this.about.name}`);
    this.moreButton.setAttribute("aria-label", phrases.more);
    this.downButton.setAttribute("aria-label", phrases.toBottom);
    this.alertButton.textContent = phrases.ok;
    this.composer.drawLabels();
    this.drawBar();
    this.tabs.draw();
    this.drawn.clear();
    this.drawList();
  }

  drawBar() {
    const title = this.titleOf(this.chatOpen);
    this.title.textContent = title;
    this.avatar.textContent = title.slice(0, 1);
    this.avatar.classList.toggle("of-group", this.place.isGroup);
    this.drawStatus(this.chatOpen.isTyping);
    this.drawMenu();
  }

  drawCaption(pageLanguage) {
    this.pageLanguage = pageLanguage;
    const { name, role } = this.about;
    const choice = el("div.languages", { role: "group", "aria-label": `${words(pageLanguage).appLanguage}: ${name}` });
    choice.append(...languageButtons(this.language, (code) => this.chooseLanguage(code)));
    const heading = `${name}, ${inLanguage(role, pageLanguage)}`;
    this.element.setAttribute("aria-label", heading);
    this.caption.replaceChildren(
      el("span.avatar", { "aria-hidden": "true" }, name.slice(0, 1)),
      el("h2.who", {}, el("b", {}, name), el("span.role", {}, inLanguage(role, pageLanguage))),
      choice,
    );
  }

  async chooseLanguage(code) {
    await this.tries(() => this.server.language(code));
    this.language = code;
    await this.readAbout();
    this.drawLabels();
    this.drawCaption(this.pageLanguage);
    this.caption.querySelector(`[lang="${code}"]`).focus();
  }

  /** Commands and description differ by person and by language, and the bot may have set them since. */
  async readAbout() {
    const abouts = await server.phones().catch(() => []);
    const about = abouts.find((one) => one.id === this.id);
    if (!about) return;
    Object.assign(this.about, about);
    this.chats.set(about.chats);
  }

  drawStatus(isTyping) {
    this.chatOpen.isTyping = isTyping;
    const calm = this.place.isGroup ? this.phrases.people(this.chatOpen.about.people) : this.phrases.bot;
    this.typing.textContent = isTyping ? this.phrases.typing : calm;
    this.typing.classList.toggle("active", Boolean(isTyping));
    clearTimeout(this.typingTimer);
    // as in the apps: it lasts five seconds unless the bot says so again
    if (isTyping) this.typingTimer = setTimeout(() => this.drawStatus(false), 5000);
  }

  drawMenu() {
    const choices = this.place.isGroup ? this.groupChoices() : [[this.blocked ? this.phrases.unblock : this.phrases.block, () => this.toggleBlock()]];
    this.menu.replaceChildren(...choices.map(([label, run]) => el("button", { type: "button", onclick: run }, label)));
    this.moreButton.hidden = choices.length === 0;
  }

  /** What the owner of the group may do with it, as in the app; others have no such menu. */
  groupChoices() {
    const { phrases, place } = this;
    const { deeds, may_add: neighbours, may_delete_topics: mayDelete } = place.chat.about;
    const choice = (label, deed, about) => [label, () => this.changeGroup(deed, about)];
    return [
      ...deeds.map((deed) => choice(phrases.deeds[deed], deed)),
      ...(mayDelete && place.topic ? [choice(phrases.deleteTopic, "delete_topic")] : []),
      ...neighbours.map(({ user_id: person, name }) => choice(`${phrases.addPerson}: ${name}`, "add_person", { person })),
    ];
  }

  async changeGroup(deed, about) {
    this.toggleMenu(false);
    this.moreButton.focus();
    await this.tries(() => this.server.group(deed, about));
  }

  async toggleMenu(open = this.menu.hidden) {
    if (open) {
      // others may have changed the group, and somebody new may be there to be added
      await this.readAbout();
      this.drawMenu();
    }
    this.menu.hidden = !open;
    this.moreButton.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this.menu.querySelector("button")?.focus();
    const away = (event) => {
      if (event.type === "keydown" ? event.key !== "Escape" : this.menu.contains(event.target) || this.moreButton.contains(event.target)) return;
      this.toggleMenu(false);
      if (event.type === "keydown") this.moreButton.focus();
      for (const kind of ["pointerdown", "keydown"]) document.removeEventListener(kind, away);
    };
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, away);
  }

  async toggleBlock() {
    this.toggleMenu(false);
    await this.tries(() => (this.blocked ? this.server.unblock() : this.server.block()));
    await this.readAnew();
  }

  // --- what the server says

  /** After every (re)connection: all chats as they are, then what happened while they were being read. */
  async readAnew() {
    for (const chat of this.chats.all) {
      chat.isRead = false;
      chat.pending.clear();
    }
    await this.readChats();
  }

  /** The list of chats has changed: those that are new on it are read. */
  async readChats() {
    this.waitingEvents = [];
    const [before, draft] = [this.place, this.composer.input.value];
    try {
      await this.readAbout();
      for (const chat of this.chats.all) if (!chat.isRead) chat.takeState(await this.server.state(chat.about.id));
    } catch {
      // the stream will call again
    }
    if (this.place === before) this.drawChat();
    else this.enter();
    // what was being written in a group goes along when it becomes a supergroup
    if (draft && !this.composer.input.value) this.composer.setText(draft);
    const events = this.waitingEvents || [];
    this.waitingEvents = null;
    events.forEach((event) => this.take(event));
  }

  drawChat() {
    this.drawBar();
    this.tabs.draw();
    this.composer.setBlocked(this.blocked);
    this.composer.setKeyboard(this.chatOpen.keyboard);
    this.drawList();
  }

  take(event) {
    if (this.waitingEvents) {
      this.waitingEvents.push(event);
      return;
    }
    const chat = this.chats.byId.get(event.chat_id);
    const takers = {
      message: () => this.takeMessage(chat, event.message),
      edit: () => this.takeEdit(chat, event.message),
      delete: () => this.takeDeletion(chat, event.message_id),
      typing: () => this.takeTyping(chat, true),
      toast: () => this.takeToast(event),
      keyboard: () => this.takeKeyboard(chat, event.keyboard),
      reset: () => this.readAnew(),
    };
    if (event.type === "chats") this.readChats();
    else if (chat) takers[event.type]?.();
  }

  takeMessage(chat, message) {
    const isNew = !chat.messages.has(message.message_id);
    const own = message.from?.id === this.about.user_id;
    const place = this.chats.placeOf(chat, message);
    chat.messages.set(message.message_id, message);
    if (!own) this.takeTyping(chat, false);
    if (isNew && !own && !isService(message)) this.countUnread(place);
    if (own) place.atBottom = true;
    this.redrawIfOpen(chat);
  }

  takeEdit(chat, message) {
    chat.messages.set(message.message_id, message);
    this.redrawIfOpen(chat);
  }

  takeDeletion(chat, messageId) {
    chat.messages.delete(messageId);
    this.redrawIfOpen(chat);
  }

  takeTyping(chat, isTyping) {
    chat.isTyping = isTyping;
    if (chat === this.chatOpen) this.drawStatus(isTyping);
  }

  takeKeyboard(chat, keyboard) {
    chat.keyboard = keyboard;
    if (chat === this.chatOpen) this.composer.setKeyboard(keyboard);
  }

  redrawIfOpen(chat) {
    if (chat === this.chatOpen) this.drawList();
  }

  takeToast(event) {
    // the answer may be here before the press knows its number
    this.answered.add(event.query_id);
    this.forgetAnswered();
    if (!event.text) return;
    if (event.alert) this.showAlert(event.text);
    else this.toast(event.text);
  }

  countUnread(place) {
    const isOpen = place === this.place;
    if (isOpen && !place.atBottom) place.below += 1;
    if (!isOpen || !this.shown || document.hidden) place.unread += 1;
    this.tabs.draw();
    this.page.changed();
  }

  setShown(shown) {
    this.shown = shown;
    this.element.classList.toggle("current", shown);
    if (shown) this.place.unread = 0;
    if (shown) this.composer.fit();
    if (shown && this.atBottom) requestAnimationFrame(() => this.toBottom());
  }

  // --- the list of messages

  /** Days, services, single messages and albums, each with the key under which it stays on the screen. */
  blocks() {
    const blocks = [];
    let day = null;
    const here = [...this.messages.values()].filter((message) => this.place.has(message));
    for (const message of here.sort((a, b) => a.message_id - b.message_id)) {
      const date = dayKey(message.date);
      if (date !== day) blocks.push({ key: `day ${date}`, day: message.date });
      day = date;
      const last = blocks[blocks.length - 1];
      if (message.media_group_id && last.group === message.media_group_id) last.messages.push(message);
      else blocks.push({ key: `message ${message.message_id}`, group: message.media_group_id, messages: [message] });
    }
    return blocks;
  }

  drawList() {
    const blocks = this.blocks();
    const kept = new Map();
    const elements = blocks.map((block) => {
      const signature = this.signature(block);
      const old = this.drawn.get(block.key);
      const entry = old?.signature === signature ? old : { signature, element: this.redrawn(block, old?.element) };
      kept.set(block.key, entry);
      return entry.element;
    });
    this.drawn = kept;
    this.put(elements.length ? elements : [this.emptyNote()]);
    this.markGroups(blocks, elements);
    this.composer.setEmpty(blocks.length === 0 && !this.place.isGroup);
    if (this.atBottom) this.toBottom();
    this.drawDown();
  }

  signature(block) {
    if (block.day) return `${block.key} ${this.language}`;
    const waiting = [...this.chatOpen.pending.keys()].filter((press) => block.messages.some((message) => press.startsWith(`${message.message_id} `)));
    return JSON.stringify([block.messages, waiting]);
  }

  redrawn(block, old) {
    if (block.day) return el("div.day", {}, el("span", {}, dayName(block.day, this.language)));
    const element = drawMessages(block.messages, this.chat());
    if (old?.contains(document.activeElement)) this.keepFocus(old, element);
    if (!old) element.classList.add("fresh");
    return element;
  }

  /** An edited message is drawn anew: who stood on its second button goes on standing there. */
  keepFocus(old, element) {
    const buttons = (node) => [...node.querySelectorAll("button, a")];
    const place = buttons(old).indexOf(document.activeElement);
    queueMicrotask(() => (buttons(element)[place] || element).focus({ preventScroll: true }));
  }

  /** Only what differs is touched, so that a screen reader hears only what is new. */
  put(elements) {
    const wanted = new Set(elements);
    for (const child of [...this.list.children]) if (!wanted.has(child)) child.remove();
    elements.forEach((element, index) => {
      if (this.list.children[index] !== element) this.list.insertBefore(element, this.list.children[index] || null);
    });
  }

  markGroups(blocks, elements) {
    const author = (block) => (block?.messages && !isService(block.messages[0]) ? block.messages[0].from?.id : null);
    blocks.forEach((block, index) => {
      const same = author(block) !== null && author(block) === author(blocks[index + 1]);
      elements[index].classList.toggle("followed", same);
    });
  }

  emptyNote() {
    this.empty ??= el("div.empty");
    const about = this.place.isGroup ? "" : this.about.bot.description;
    const children = [el("b", {}, this.titleOf(this.chatOpen)), el("p", {}, inLanguage(about, this.language) || this.phrases.empty)];
    this.empty.replaceChildren(...children);
    return this.empty;
  }

  /** What the drawing of a message may ask of its phone. */
  chat() {
    return {
      language: this.language,
      me: this.about.user_id,
      botName: this.about.bot.name,
      botUsername: this.about.bot.username,
      inGroup: this.place.isGroup,
      pending: this.chatOpen.pending,
      file: server.file,
      sends: (text) => this.send(text),
      follows: (payload) => this.follow(payload),
      copies: (text) => this.copy(text),
      presses: (message, button) => this.press(message, button),
      reply: (message) => this.composer.startReply(message),
      edit: (message) => this.composer.startEdit(message),
      open: this.page.open,
      jump: (id) => this.jump(id),
    };
  }

  jump(id) {
    const target = this.list.querySelector(`[data-message-id="${id}"]`);
    if (!target) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    target.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
    target.classList.add("pointed");
    setTimeout(() => target.classList.remove("pointed"), 1600);
  }

  // --- scrolling

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    // a hidden phone has no height and says nothing about where its reader was
    if (!clientHeight) return;
    this.atBottom = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM;
    if (this.atBottom) this.place.below = 0;
    this.drawDown();
  }

  toBottom(smoothly = false) {
    const calm = !smoothly || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: calm ? "auto" : "smooth" });
  }

  drawDown() {
    this.downButton.hidden = this.atBottom;
    const { below } = this.place;
    this.downCount.textContent = below || "";
    const label = below ? `${this.phrases.newMessages}: ${below}` : this.phrases.toBottom;
    this.downButton.setAttribute("aria-label", label);
  }

  // --- what the person does

  async send(text, replyTo) {
    this.atBottom = true;
    this.page.acted();
    return this.tries(() => this.server.text(text, replyTo));
  }

  /** A link to the bot: in a group it leads to one's own chat with it; one in private was made for somebody else. */
  follow(payload) {
    if (!this.place.isGroup) return payload && this.page.follow(payload, this);
    this.open(this.chats.private);
    this.composer.input.focus();
    return payload && this.send(`/start ${payload}`);
  }

  async copy(text) {
    await navigator.clipboard?.writeText(text).catch(() => {});
    this.toast(this.phrases.copied);
  }

  async press(message, button) {
    if (button.copy_text) {
      await this.copy(button.copy_text.text);
      return;
    }
    if (button.callback_data === undefined) return;
    this.page.acted();
    const key = `${message.message_id} ${button.callback_data}`;
    const { pending } = this.chatOpen;
    pending.set(key, null);
    this.drawList();
    setTimeout(() => pending.delete(key) && this.drawList(), PRESS_PATIENCE);
    let query = null;
    const pressed = await this.tries(async () => {
      query = (await this.server.press(message.message_id, button.callback_data)).query_id;
    });
    if (pressed) pending.set(key, query);
    else pending.delete(key);
    this.forgetAnswered();
  }

  forgetAnswered() {
    for (const { pending } of this.chats.all) for (const [press, query] of pending) if (this.answered.has(query)) pending.delete(press);
    this.drawList();
  }

  /** Runs a request; a refusal becomes a toast. Says whether it went well. */
  async tries(request) {
    try {
      await request();
      return true;
    } catch (problem) {
      this.toast(`${this.phrases.notSent} ${problem.message}`);
      return false;
    }
  }

  toast(text) {
    clearTimeout(this.toastTimer);
    this.toastBox.textContent = text;
    this.toastBox.classList.add("visible");
    // long enough to be read: toasts of up to 200 letters exist
    this.toastTimer = setTimeout(() => this.toastBox.classList.remove("visible"), 2500 + text.length * 40);
  }

  showAlert(text) {
    this.alertText.textContent = text;
    if (this.alert.open) return;
    this.beforeAlert = document.activeElement;
    // it covers this phone, not its neighbours
    for (const part of this.under) part.inert = true;
    this.alert.show();
    this.alertButton.focus();
  }

  alertClosed() {
    for (const part of this.under) part.inert = false;
    if (this.beforeAlert?.isConnected) this.beforeAlert.focus({ preventScroll: true });
  }
}

/** As in the apps: a message drawn to the left is answered. Everybody else has the button beside it. */
function replyBySwipe(list, reply) {
  let swipe = null;
  const drop = () => {
    if (swipe) swipe.element.style.transform = "";
    swipe = null;
  };
  list.addEventListener("touchstart", (event) => {
    const element = event.target.closest("[data-message-id]");
    const [touch] = event.touches;
    swipe = element && event.touches.length === 1 ? { element, x: touch.clientX, y: touch.clientY, far: 0 } : null;
  }, { passive: true });
  list.addEventListener("touchmove", (event) => {
    if (!swipe) return;
    const [touch] = event.touches;
    if (Math.abs(touch.clientY - swipe.y) > 30) {
      drop();
      return;
    }
    swipe.far = Math.min(0, Math.max(-70, touch.clientX - swipe.x));
    if (swipe.far < -12) swipe.element.style.transform = `translateX(${swipe.far}px)`;
  }, { passive: true });
  list.addEventListener("touchend", () => {
    const id = swipe?.far < -50 ? Number(swipe.element.dataset.messageId) : null;
    drop();
    if (id !== null) reply(id);
  });
  list.addEventListener("touchcancel", drop);
}
