// The bottom of a phone: writing, replying, editing, attaching, the bot's commands and its keyboard.
import { el, icon } from "./dom.js";
import { summary } from "./text.js";
import { fileSize, words } from "./words.js";

const SAMPLE_SECONDS = 7;
const LINES = 7;

export class Composer {
  constructor(phone) {
    this.phone = phone;
    this.place = phone.place;
    this.staged = [];
    this.context = null;
    this.keyboard = null;
    this.element = this.build();
  }

  get draftKey() {
    return `draft ${this.phone.id} ${this.place.key}`;
  }

  /** Another chat is open: what was begun in the one before waits there. */
  enter(place) {
    Object.assign(this.place, { staged: this.staged, context: this.context });
    this.place = place;
    this.staged = place.staged;
    this.context = place.context;
    this.input.value = sessionStorage.getItem(this.draftKey) || "";
    this.close();
    this.drawContext();
    this.setKeyboard(place.chat.keyboard);
    this.setBlocked(place.chat.blocked);
    this.fit();
  }

  get phrases() {
    return words(this.phone.language);
  }

  build() {
    this.start = el("button.start", { type: "button", hidden: true, onclick: () => this.phone.send("/start") });
    this.unblock = el("button.start.unblock", { type: "button", hidden: true, onclick: () => this.phone.toggleBlock() });
    this.contextBox = el("div.context", { hidden: true });
    this.stage = el("ul.stage", { hidden: true });
    this.commandList = el("div.popover.commands", { hidden: true });
    this.attachList = el("div.popover.attachments", { hidden: true });
    this.keyboardBox = el("div.reply-keyboard", { hidden: true });
    this.input = el("textarea", {
      name: "text", rows: "1", maxlength: "4096", autocomplete: "off", oninput: () => this.typed(), onkeydown: (event) => this.key(event), onpaste: (event) => this.pasted(event),
    });
    this.fileInput = el("input.hidden", { type: "file", name: "files", multiple: true, tabindex: "-1", onchange: () => this.filesChosen() });
    this.commandsButton = this.round("menu", () => this.toggleCommands(), el("span.slash", { "aria-hidden": "true" }, "/"));
    this.attachButton = this.round("attach", () => this.toggle(this.attachList, this.attachButton), icon("attach"));
    this.keyboardButton = this.round("show-keyboard", () => this.toggleKeyboard(), icon("keyboard"));
    this.sendButton = this.round("send", () => this.submit(), icon("send"));
    const line = el("div.line", {}, this.commandsButton, this.attachButton, this.fileInput, this.input, this.keyboardButton, this.sendButton);
    const composer = el("div.composer", { onkeydown: (event) => event.key === "Escape" && this.escape() }, this.commandList, this.attachList, this.start, this.contextBox, this.stage, line, this.unblock, this.keyboardBox);
    this.line = line;
    this.dropZone(composer);
    document.addEventListener("pointerdown", (event) => composer.contains(event.target) || this.close());
    return composer;
  }

  round(name, run, sign) {
    return el(`button.round.${name}`, { type: "button", onclick: run }, sign);
  }

  drawLabels() {
    const phrases = this.phrases;
    const label = (element, text) => {
      element.setAttribute("aria-label", text);
      element.title = text;
    };
    label(this.commandsButton, phrases.menu);
    label(this.attachButton, phrases.attach);
    label(this.keyboardButton, phrases.keyboard);
    label(this.sendButton, phrases.send);
    this.fileInput.setAttribute("aria-label", phrases.attach);
    this.start.textContent = phrases.start;
    this.unblock.textContent = phrases.unblock;
    this.drawAttachments();
    this.drawContext();
    this.drawStage();
    this.fit();
  }

  setEmpty(empty) {
    this.start.hidden = !empty || this.phone.blocked;
  }

  setBlocked(blocked) {
    this.unblock.hidden = !blocked;
    this.line.hidden = blocked;
    if (blocked) this.start.hidden = true;
  }

  // --- writing

  typed() {
    sessionStorage.setItem(this.draftKey, this.input.value);
    this.fit();
    const prefix = /^\/\w*$/.test(this.input.value) ? this.input.value.slice(1) : null;
    if (prefix === null) this.close();
    else this.showCommands(prefix);
  }

  /** The field grows with its text, up to a few lines. */
  fit() {
    // without a place on the page nothing has a height
    if (this.input.offsetParent) this.fitHeight();
    this.sendButton.classList.toggle("ready", Boolean(this.input.value.trim() || this.staged.length));
  }

  fitHeight() {
    this.input.style.height = "auto";
    const line = parseFloat(getComputedStyle(this.input).lineHeight) || 20;
    this.input.style.height = `${Math.min(this.input.scrollHeight, line * LINES + 20)}px`;
  }

  key(event) {
    if (event.key === "ArrowUp" && !this.commandList.hidden) {
      this.commandList.querySelector("button:last-child")?.focus();
      event.preventDefault();
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  escape() {
    this.close();
    this.setContext(null);
    this.input.focus();
  }

  async submit() {
    const text = this.input.value.trim();
    const { context, staged, place } = this;
    if (!text && !staged.length) {
      this.input.focus();
      return;
    }
    this.clear();
    const sent = await this.deliver(text, context, staged);
    if (!sent) {
      this.phone.open(place);
      this.restore(text, context, staged);
    }
    this.input.focus();
  }

  deliver(text, context, staged) {
    const { phone } = this;
    if (staged.length) return this.sendFiles(staged, text, context?.message.message_id);
    if (context?.kind === "edit") return phone.tries(() => phone.server.edit(context.message.message_id, text));
    return phone.send(text, context?.message.message_id);
  }

  clear() {
    this.staged = [];
    this.drawStage();
    this.setContext(null);
    this.setText("");
    this.close();
  }

  /** Nothing typed is lost when the server refuses it. */
  restore(text, context, staged) {
    this.staged = staged;
    this.drawStage();
    this.setContext(context);
    if (!this.input.value) this.setText(text);
  }

  setText(text) {
    this.input.value = text;
    sessionStorage.setItem(this.draftKey, text);
    this.fit();
  }

  // --- answering and editing

  startReply(message) {
    this.setContext({ kind: "reply", message });
    this.input.focus();
  }

  startEdit(message) {
    this.setContext({ kind: "edit", message });
    this.setText(message.text || message.caption || "");
    this.input.focus();
  }

  setContext(context) {
    const wasEditing = this.context?.kind === "edit";
    this.context = context;
    if (wasEditing && !context) this.setText("");
    this.drawContext();
  }

  drawContext() {
    const { context, phrases } = this;
    this.contextBox.hidden = !context;
    if (!context) return;
    const author = context.message.from?.id === this.phone.about.user_id ? phrases.you : context.message.from?.first_name;
    const heading = context.kind === "edit" ? phrases.editing : `${phrases.replyingTo} ${author}`;
    const drop = el("button.round", { type: "button", "aria-label": phrases.cancel, onclick: () => this.setContext(null) }, icon("close"));
    this.contextBox.replaceChildren(icon(context.kind), el("span.about", {}, el("b", {}, heading), el("span", {}, summary(context.message, this.phone.language))), drop);
  }

  // --- commands

  async toggleCommands() {
    if (!this.commandList.hidden) {
      this.close();
      return;
    }
    await this.phone.readAbout();
    this.showCommands("");
    this.commandList.querySelector("button")?.focus();
  }

  showCommands(prefix) {
    const found = this.place.chat.about.commands.filter(({ command }) => command.startsWith(prefix));
    // in a group there may be several bots
    const suffix = this.place.isGroup ? `@${this.phone.about.bot.username}` : "";
    const choose = (command) => {
      this.close();
      this.setText("");
      this.phone.send(`/${command}${suffix}`);
      this.input.focus();
    };
    this.commandList.replaceChildren(...found.map(({ command, description }) =>
      el("button", { type: "button", onclick: () => choose(command) }, el("b", {}, `/${command}`), el("span", {}, description))));
    this.commandList.hidden = found.length === 0;
    this.attachList.hidden = true;
  }

  // --- attaching

  drawAttachments() {
    const { phrases } = this;
    const pick = (accept, kind) => {
      this.close();
      this.forcedKind = kind;
      this.fileInput.accept = accept;
      this.fileInput.click();
    };
    const choices = [
      ["photo", phrases.pickMedia, () => pick("image/*,video/*", null)],
      ["file", phrases.pickFile, () => pick("", "document")],
      ["place", phrases.pickPlace, () => this.sendPlace()],
      ["voice", phrases.pickVoice, () => this.sendVoice()],
    ];
    this.attachList.replaceChildren(...choices.map(([sign, label, run]) => el("button", { type: "button", dataset: { attach: sign }, onclick: run }, icon(sign), label)));
  }

  /** Everybody at this page stands at the same sample place: it is asked for no real one. */
  sendPlace() {
    const { latitude, longitude } = this.phone.page.samplePlace;
    this.close();
    this.phone.tries(() => this.phone.server.location(latitude, longitude));
  }

  sendVoice() {
    this.close();
    this.phone.tries(() => this.phone.server.files("voice", [], { duration: SAMPLE_SECONDS }));
  }

  filesChosen() {
    this.stageFiles([...this.fileInput.files], this.forcedKind);
    this.forcedKind = null;
    // the same file may be chosen again
    this.fileInput.value = "";
  }

  pasted(event) {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    this.stageFiles(files, null);
  }

  dropZone(element) {
    element.addEventListener("dragover", (event) => event.preventDefault());
    element.addEventListener("drop", (event) => {
      event.preventDefault();
      this.stageFiles([...event.dataTransfer.files], null);
    });
  }

  stageFiles(files, forcedKind) {
    this.staged.push(...files.map((file) => ({ file, kind: forcedKind || kindOf(file) })));
    this.drawStage();
    this.fit();
    this.input.focus();
  }

  drawStage() {
    this.stage.hidden = this.staged.length === 0;
    this.input.placeholder = this.staged.length ? this.phrases.caption : this.phrases.message;
    this.input.setAttribute("aria-label", this.input.placeholder);
    this.stage.replaceChildren(...this.staged.map((item) => this.stagedItem(item)));
  }

  stagedItem(item) {
    const { file, kind } = item;
    const remove = () => {
      this.staged = this.staged.filter((other) => other !== item);
      this.drawStage();
      this.fit();
    };
    item.preview ??= kind === "photo" ? URL.createObjectURL(file) : null;
    const sign = item.preview ? el("img", { src: item.preview, alt: "" }) : icon("file");
    const about = el("span.about", {}, el("b", {}, file.name), el("small", {}, fileSize(file.size, this.phone.language)));
    const label = `${this.phrases.remove}: ${file.name}`;
    return el("li", {}, sign, about, el("button.round", { type: "button", "aria-label": label, onclick: remove }, icon("close")));
  }

  /** Photos go together as an album; every other file is a message of its own. The caption goes with the first. */
  async sendFiles(staged, caption, replyTo) {
    const { server } = this.phone;
    const photos = staged.filter(({ kind }) => kind === "photo").map(({ file }) => file);
    const parcels = [];
    for (let at = 0; at < photos.length; at += 10) parcels.push(["photo", photos.slice(at, at + 10)]);
    for (const { kind, file } of staged) if (kind !== "photo") parcels.push([kind, [file]]);
    for (const [index, [kind, files]] of parcels.entries()) {
      const sent = await this.phone.tries(() => server.files(kind, files, { caption: index ? "" : caption, reply_to: replyTo }));
      // what has gone is not sent twice: only the first parcel's failure puts everything back
      if (!sent) return index > 0;
    }
    return true;
  }

  // --- the bot's own keyboard

  setKeyboard(keyboard) {
    this.keyboard = keyboard?.keyboard ? keyboard : null;
    this.keyboardBox.hidden = !this.keyboard;
    const rows = this.keyboard?.keyboard || [];
    this.keyboardBox.replaceChildren(...rows.map((row) => el("div.keyboard-row", {}, row.map((button) => this.keyboardKey(button)))));
    this.keyboardButton.hidden = !this.keyboard;
    const hint = keyboard?.input_field_placeholder;
    if (hint) this.input.placeholder = hint;
    else this.drawStage();
  }

  keyboardKey(button) {
    const about = typeof button === "string" ? { text: button } : button;
    const press = () => {
      if (this.keyboard?.one_time_keyboard) this.keyboardBox.hidden = true;
      if (about.request_location) this.sendPlace();
      else this.phone.send(about.text);
    };
    return el("button.key", { type: "button", onclick: press }, about.text);
  }

  toggleKeyboard() {
    this.keyboardBox.hidden = !this.keyboardBox.hidden;
  }

  // --- popovers

  toggle(list, button) {
    const open = list.hidden;
    this.close();
    list.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) list.querySelector("button")?.focus();
  }

  close() {
    this.commandList.hidden = true;
    this.attachList.hidden = true;
    this.attachButton.setAttribute("aria-expanded", "false");
  }
}

function kindOf(file) {
  if (/^image\/(jpeg|png|webp|gif)$/.test(file.type)) return "photo";
  if (file.type.startsWith("video/")) return "video";
  return "document";
}
