// A message's text with its entities, as DOM nodes. Offsets count UTF-16 units, which is what JavaScript strings count.
import { el } from "./dom.js";
import { words } from "./words.js";

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const SAFE_LINK = /^(https?:|tg:|mailto:|tel:)/i;

// a link to the bot itself never leaves the page: https://core.telegram.org/bots/features#deep-linking
const DEEP_LINK = /^(?:https?:\/\/)?t\.me\/(\w+)(?:\?start=([\w-]{1,64}))?$/;

/** chat: {language, sends(text), botUsername, inGroup, follows(payload), copies(text)}, what a pressed command or link to the bot needs. */
export function richText(text, entities, chat) {
  const sorted = [...(entities || [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const fragment = document.createDocumentFragment();
  fragment.append(...nested(text, 0, text.length, sorted, chat));
  return fragment;
}

function nested(text, start, end, entities, chat) {
  const nodes = [];
  let position = start;
  let afterBlock = false;
  const plainUntil = (stop, beforeBlock) => {
    const plain = withoutBlockBreaks(text.slice(position, stop), afterBlock, beforeBlock);
    if (plain) nodes.push(document.createTextNode(plain));
  };
  let rest = entities;
  while (rest.length) {
    const [entity, ...others] = rest;
    const from = Math.max(entity.offset, position);
    const to = Math.min(entity.offset + entity.length, end);
    if (from >= to) {
      rest = others;
      continue;
    }
    const isBlock = BLOCKS.has(entity.type);
    plainUntil(from, isBlock);
    // an entity that begins inside this one and ends after it is cut in two: its tail goes on outside
    const inside = others.filter((other) => other.offset < to);
    nodes.push(dressed(entity, text.slice(from, to), nested(text, from, to, inside, chat), chat));
    position = to;
    afterBlock = isBlock;
    rest = others.filter((other) => other.offset + other.length > to);
  }
  plainUntil(end, false);
  return nodes;
}

/** The line breaks beside a quotation or a code block are its edges, not empty lines. */
function withoutBlockBreaks(plain, afterBlock, beforeBlock) {
  let kept = afterBlock ? plain.replace(/^\n/, "") : plain;
  if (beforeBlock) kept = kept.replace(/\n$/, "");
  return kept;
}

function dressed(entity, raw, children, chat) {
  switch (entity.type) {
    case "bold": return el("b", {}, children);
    case "italic": return el("i", {}, children);
    case "underline": return el("u", {}, children);
    case "strikethrough": return el("s", {}, children);
    case "code": return code(raw, children, chat);
    case "pre": return el("pre", {}, el("code", {}, children));
    case "blockquote": return el("blockquote", {}, children);
    case "expandable_blockquote": return expandable(children, chat);
    case "spoiler": return spoiler(children, chat);
    case "bot_command": return command(raw, chat);
    case "text_link": return link(entity.url, children, chat);
    case "url": return link(/^[a-z]+:/i.test(raw) ? raw : `https://${raw}`, children, chat);
    case "email": return link(`mailto:${raw}`, children, chat);
    case "phone_number": return link(`tel:${raw.replace(/[^+\d]/g, "")}`, children, chat);
    case "mention":
    case "text_mention":
    case "hashtag":
    case "cashtag": return el("span.mention", {}, children);
    default: return el("span", {}, children);
  }
}

function link(address, children, chat) {
  // javascript: and its kind are shown as the text they are
  if (!SAFE_LINK.test(address || "")) return el("span", {}, children);
  const start = DEEP_LINK.exec(address);
  if (start && start[1] === chat.botUsername) {
    const { followsLink, opensBot } = words(chat.language);
    return el("button.command", { type: "button", title: chat.inGroup ? opensBot : followsLink, onclick: () => chat.follows(start[2]) }, children);
  }
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, children);
}

/** As in the apps: a press on such letters copies them. */
function code(raw, children, chat) {
  return el("button.code", { type: "button", title: words(chat.language).copies, onclick: () => chat.copies(raw) }, el("code", {}, children));
}

function command(raw, chat) {
  return el("button.command", { type: "button", onclick: () => chat.sends(raw) }, raw);
}

function spoiler(children, chat) {
  const veil = el("span.spoiler", { role: "button", tabindex: "0", "aria-label": words(chat.language).hidden }, children);
  const lift = () => {
    veil.classList.add("shown");
    for (const name of ["role", "tabindex", "aria-label"]) veil.removeAttribute(name);
  };
  veil.addEventListener("click", lift, { once: true });
  veil.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && lift());
  return veil;
}

function expandable(children, chat) {
  const phrases = words(chat.language);
  const content = el("div.quoted", {}, children);
  const toggle = el("button.expand", { type: "button", "aria-expanded": "false" }, phrases.showMore);
  const quote = el("blockquote.expandable", {}, content, toggle);
  toggle.addEventListener("click", () => {
    const open = quote.classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
    toggle.textContent = open ? phrases.showLess : phrases.showMore;
  });
  return quote;
}

/** The first line of a message, for a quotation above its answer. */
export function summary(message, language) {
  const phrases = words(language);
  const written = message.text || message.caption;
  if (written) return written.replace(/\s+/g, " ").slice(0, 120);
  if (message.document) return message.document.file_name || phrases.document;
  const kind = ["photo", "video", "voice", "audio", "location", "contact", "poll", "sticker"].find((name) => message[name]);
  return kind ? phrases[kind] : "…";
}
