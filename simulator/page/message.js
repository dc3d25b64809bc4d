// One message, or one album, as a bubble. Nothing here is remembered: the phone redraws what changed.
import { el, icon } from "./dom.js";
import { richText, summary } from "./text.js";
import { duration, fileSize, timeOfDay, words } from "./words.js";

/**
 * messages: one, or several that share a media_group_id.
 * chat: {language, me, botName, botUsername, inGroup, file(id), sends(text), follows(payload), copies(text), presses(message, button), pending, reply(m), edit(m), open(url, m), jump(id)}
 */
export function drawMessages(messages, chat) {
  const [first] = messages;
  if (isService(first)) return drawService(first, chat);
  const own = first.from?.id === chat.me;
  const album = messages.length > 1;
  const options = album ? { tabindex: "-1" } : { dataset: { messageId: first.message_id }, tabindex: "-1" };
  const bubble = drawBubble(messages, chat);
  const keyboard = messages.map((message) => drawKeyboard(message, chat));
  const element = el(`article.message.${own ? "out" : "in"}`, options, el("div.column", {}, bubble, keyboard), drawActions(first, own, chat));
  if (bubble.classList.contains("media-only")) element.classList.add("tailless");
  return element;
}

export function isService(message) {
  return SERVICES.some((name) => message[name] !== undefined);
}

const SERVICES = ["pinned_message", "new_chat_members", "left_chat_member", "migrate_to_chat_id", "migrate_from_chat_id", "forum_topic_created"];

function serviceText(message, phrases, language) {
  const name = message.from?.first_name || "";
  if (message.pinned_message) return `${name} ${phrases.pinned}: «${summary(message.pinned_message, language)}»`;
  if (message.new_chat_members) return `${name} ${phrases.added}: ${message.new_chat_members.map((one) => one.first_name).join(", ")}`;
  if (message.left_chat_member) return `${name} ${phrases.removed}: ${message.left_chat_member.first_name}`;
  if (message.migrate_from_chat_id || message.migrate_to_chat_id) return phrases.supergroup;
  return `${phrases.topicBegun}: ${message.forum_topic_created.name}`;
}

function drawService(message, chat) {
  return el("div.service", { dataset: { messageId: message.message_id } }, serviceText(message, words(chat.language), chat.language));
}

function drawBubble(messages, chat) {
  const captioned = messages.find((message) => message.text || message.caption) || messages[0];
  const own = captioned.from?.id === chat.me;
  const media = messages.length > 1 ? drawAlbum(messages, chat) : drawMedia(messages[0], chat);
  const written = captioned.text || captioned.caption;
  const entities = captioned.text ? captioned.entities : captioned.caption_entities;
  const meta = drawMeta(captioned, own, chat.language);
  const bubble = el(
    "div.bubble",
    {},
    drawAuthor(captioned, own, chat),
    drawQuote(messages[0], chat),
    media,
    written ? el("div.text", { dir: "auto" }, richText(written, entities, chat), meta) : meta,
  );
  const isPicture = media?.classList.contains("picture") || media?.classList.contains("album");
  if (isPicture) bubble.classList.add("with-picture");
  if (isPicture && !written) bubble.classList.add("media-only");
  return bubble;
}

/** In private it is plain whose words these are to whoever sees them; in a group one reads it. */
function drawAuthor(message, own, chat) {
  const name = own ? words(chat.language).you : message.from?.first_name || chat.botName;
  return chat.inGroup && !own ? el("b.author", {}, name) : el("span.hidden", {}, `${name}: `);
}

function drawMeta(message, own, language) {
  // a bot's edit simply changes the message; a person's is marked
  const edited = own && message.edit_date ? `${words(language).edited} ` : "";
  return el("span.meta", {}, edited, el("time", {}, timeOfDay(message.date)), own && icon("tick"));
}

function drawQuote(message, chat) {
  const quoted = message.reply_to_message;
  // what is merely said in a topic comes as a reply to the message that began it
  if (!quoted || quoted.forum_topic_created) return null;
  const phrases = words(chat.language);
  const author = quoted.from?.id === chat.me ? phrases.you : quoted.from?.first_name || chat.botName;
  return el(
    "button.reply-quote",
    { type: "button", onclick: () => chat.jump(quoted.message_id) },
    el("span.hidden", {}, `${phrases.replyingTo} `),
    el("b", {}, author),
    el("span", {}, message.quote?.text || summary(quoted, chat.language)),
  );
}

function drawActions(message, own, chat) {
  const phrases = words(chat.language);
  const action = (name, label, run) => el(`button.act.${name}`, { type: "button", "aria-label": label, title: label, onclick: () => run(message) }, icon(name));
  const editable = own && (message.text || message.caption);
  return el("div.actions", {}, action("reply", phrases.reply, chat.reply), editable && action("edit", phrases.edit, chat.edit));
}

// --- buttons under a message

function drawKeyboard(message, chat) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return el(
    "div.inline-keyboard",
    {},
    rows.map((row) => el("div.inline-row", {}, row.map((button) => drawButton(message, button, chat)))),
  );
}

function drawButton(message, button, chat) {
  const address = button.url || button.web_app?.url || button.login_url?.url;
  if (address && /^(https?|tg):/i.test(address)) {
    const hint = el("span.hidden", {}, ` (${words(chat.language).opensLink})`);
    return el("a.inline", { href: address, target: "_blank", rel: "noopener noreferrer" }, button.text, icon("link"), hint);
  }
  const waiting = chat.pending.has(`${message.message_id} ${button.callback_data}`);
  const options = { type: "button", "aria-busy": waiting ? "true" : null, onclick: () => chat.presses(message, button) };
  return el(`button.inline${waiting ? ".waiting" : ""}`, options, button.text);
}

// --- what a message may carry

function drawMedia(message, chat) {
  if (message.photo) return drawPicture(message, chat);
  if (message.video || message.animation) return drawVideo(message, chat);
  if (message.voice || message.audio) return drawVoice(message, chat);
  if (message.document) return drawDocument(message.document, chat);
  if (message.location || message.venue) return drawPlace(message, chat);
  if (message.contact) return drawContact(message.contact);
  if (message.poll) return drawPoll(message.poll);
  if (message.text || message.caption) return null;
  return el("div.unknown", {}, message.sticker?.emoji || words(chat.language).unknown);
}

function drawAlbum(messages, chat) {
  const cells = messages.map((message) => {
    const cell = drawMedia(message, chat);
    cell.dataset.messageId = message.message_id;
    return cell;
  });
  const pictures = messages.every((message) => message.photo || message.video);
  return el(pictures ? `div.album.of-${Math.min(messages.length, 4)}` : "div.files", {}, cells);
}

function drawPicture(message, chat) {
  const largest = message.photo[message.photo.length - 1];
  const address = chat.file(largest.file_id);
  const alt = message.caption || words(chat.language).photo;
  const image = el("img", { src: address, alt, width: largest.width, height: largest.height, decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(el("span.no-picture", {}, icon("photo"), words(chat.language).photo)));
  const label = `${words(chat.language).openPhoto}: ${alt}`;
  return el("button.picture", { type: "button", "aria-label": label, onclick: () => chat.open(address, alt) }, image);
}

function drawVideo(message, chat) {
  const video = message.video || message.animation;
  return el("div.picture", {}, el("video", { src: chat.file(video.file_id), controls: true, preload: "metadata", "aria-label": words(chat.language).video }));
}

function drawDocument(document, chat) {
  const name = document.file_name || words(chat.language).document;
  const about = el("span.about", {}, el("b", {}, name), el("small", {}, fileSize(document.file_size, chat.language)));
  const label = `${words(chat.language).download}: ${name}`;
  return el("a.document", { href: chat.file(document.file_id), download: name, "aria-label": label }, el("span.sign", {}, icon("download")), about);
}

function drawVoice(message, chat) {
  const phrases = words(chat.language);
  const voice = message.voice || message.audio;
  const play = el("button.sign", { type: "button", "aria-label": `${phrases.play}: ${phrases.voice}, ${duration(voice.duration)}` }, icon("play"));
  const bars = waveform(voice.file_unique_id || voice.file_id || "", 32).map((height) => {
    const bar = el("i");
    bar.style.height = `${height}px`;
    return bar;
  });
  const card = el("div.voice", {}, play, el("span.about", {}, el("span.wave", { "aria-hidden": "true" }, bars), el("small", {}, duration(voice.duration))));
  play.addEventListener("click", () => toggleSound(card, play, bars, chat.file(voice.file_id), voice.duration || 1, phrases));
  return card;
}

/** The same voice always looks the same: the bars are a hash of its id. */
function waveform(seed, count) {
  let state = 7;
  for (const letter of seed) state = (state * 31 + letter.charCodeAt(0)) % 65521;
  return Array.from({ length: count }, () => {
    state = (state * 75 + 74) % 65537;
    return 3 + (state % 16);
  });
}

/** Plays what the server has; a sample that no browser can play still shows how it would run. */
function toggleSound(card, play, bars, address, seconds, phrases) {
  if (card.stopSound) {
    card.stopSound();
    return;
  }
  const audio = new Audio(address);
  audio.play().catch(() => {});
  const began = performance.now();
  const show = () => {
    const part = Math.min(1, (performance.now() - began) / 1000 / seconds);
    bars.forEach((bar, index) => bar.classList.toggle("heard", index / bars.length < part));
    if (part >= 1) card.stopSound();
  };
  const timer = setInterval(show, 100);
  card.stopSound = () => {
    clearInterval(timer);
    audio.pause();
    card.stopSound = null;
    bars.forEach((bar) => bar.classList.remove("heard"));
    play.replaceChildren(icon("play"));
    play.setAttribute("aria-label", `${phrases.play}: ${phrases.voice}`);
  };
  play.replaceChildren(icon("pause"));
  play.setAttribute("aria-label", `${phrases.pause}: ${phrases.voice}`);
}

function drawPlace(message, chat) {
  const place = message.location || message.venue.location;
  const coordinates = `${place.latitude.toFixed(5)}, ${place.longitude.toFixed(5)}`;
  const title = message.venue?.title || words(chat.language).location;
  // a drawing, not a map: the page fetches nothing from outside
  const drawing = el("span.drawing", { "aria-hidden": "true" }, icon("place"));
  return el("div.place", {}, drawing, el("span.about", {}, el("b", {}, title), el("small", {}, coordinates)));
}

function drawContact(contact) {
  const name = [contact.first_name, contact.last_name].filter(Boolean).join(" ");
  return el("div.contact", {}, el("span.sign.letter", { "aria-hidden": "true" }, name.slice(0, 1)), el("span.about", {}, el("b", {}, name), el("small", {}, contact.phone_number)));
}

function drawPoll(poll) {
  const options = poll.options.map((option) => el("li", {}, `${option.text} — ${option.voter_count || 0}`));
  return el("div.poll", {}, el("b", {}, poll.question), el("ul", {}, options));
}
