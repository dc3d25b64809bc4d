// The page: its top line, the tabs of a narrow window, the three phones, and the one stream that keeps them true.
import { el, icon, languageButtons } from "./dom.js";
import { Phone } from "./phone.js";
import { listen, server } from "./server.js";
import { inLanguage, pageLanguage, useTimeZone, words } from "./words.js";

const find = (selector) => document.querySelector(selector);
const phones = new Map();
let page = {};
let language = pageLanguage(navigator.language);
let clockTimer = null;

async function begin() {
  page = await server.page();
  useTimeZone(page.time_zone);
  language = sessionStorage.getItem("language") || page.language || language;
  for (const about of await server.phones()) add(about);
  find(".newcomer").hidden = !page.has_newcomers;
  find(".newcomer").addEventListener("click", () => welcome());
  drawTop();
  drawTabs();
  show(sessionStorage.getItem("tab") || phones.keys().next().value);
  find(".next-day").addEventListener("click", () => moveOn(find(".next-day"), server.nextDay));
  find(".next-hour").addEventListener("click", () => moveOn(find(".next-hour"), server.nextHour));
  if (page.has_controls) setInterval(readClock, 20_000);
  listen(connected, happened, () => lost(true));
}

function add(about) {
  phones.get(about.id)?.element.remove();
  const phone = new Phone(about, { open: openPicture, changed: drawTabs, acted: markBegun, follow, samplePlace: page.sample_place });
  const readingTheEnd = [...phones.values()].filter((other) => other.atBottom);
  phones.set(about.id, phone);
  find("main.phones").append(phone.element);
  // the others have become narrower: whoever read the end keeps reading the end
  for (const other of readingTheEnd) other.toBottom();
  phone.drawCaption(language);
  phone.composer.fit();
  return phone;
}

/** Somebody whom the bot has never met takes a phone of their own; by a link, they press Start under it. */
async function welcome(start) {
  try {
    const phone = add(await server.newcomer(language, start));
    show(phone.id);
    await phone.readAnew();
    phone.element.scrollIntoView({ inline: "nearest" });
    phone.composer.input.focus();
  } catch {
    failed(words(language).newcomerFailed);
  }
}

/** A link to the bot: it was made for somebody else, so somebody new opens it; where nobody comes, whoever pressed it. */
function follow(payload, phone) {
  return page.has_newcomers ? welcome(payload) : phone.send(`/start ${payload}`);
}

function failed(text) {
  const bar = find(".lost");
  bar.hidden = false;
  bar.textContent = text;
  setTimeout(() => lost(false), 4000);
}

function connected() {
  lost(false);
  for (const phone of phones.values()) phone.readAnew();
  readClock();
}

function happened(event) {
  phones.get(event.phone)?.take(event);
  // the city's day may have moved with whatever happened: ask once after a burst
  clearTimeout(clockTimer);
  clockTimer = setTimeout(readClock, 1000);
}

/** A narrow window shows what to try first only until somebody has tried. */
function markBegun() {
  document.body.classList.add("begun");
}

function lost(isLost) {
  const bar = find(".lost");
  bar.hidden = !isLost;
  bar.textContent = isLost ? words(language).lost : "";
}

// --- the top line

function drawTop() {
  const phrases = words(language);
  document.documentElement.lang = language;
  document.title = find("h1").textContent = inLanguage(page.title, language);
  find(".hint").textContent = inLanguage(page.hint, language);
  find(".next-day").textContent = phrases.nextDay;
  find(".next-hour").textContent = phrases.nextHour;
  find(".newcomer").textContent = phrases.newcomer;
  find(".tabs").setAttribute("aria-label", phrases.phones);
  const choice = find(".page-languages");
  choice.setAttribute("aria-label", phrases.pageLanguage);
  choice.replaceChildren(...languageButtons(language, (code) => {
    language = code;
    sessionStorage.setItem("language", code);
    drawTop();
    drawTabs();
    for (const phone of phones.values()) phone.drawCaption(language);
    readClock();
    find(`.page-languages [lang="${code}"]`).focus();
  }));
  for (const phone of phones.values()) phone.drawCaption(language);
  prepareViewer(phrases);
}

async function readClock() {
  if (!page.has_controls) return;
  try {
    showClock(await server.now());
  } catch {
    // the bar of the lost connection already says it
  }
}

function showClock(now) {
  find(".city").hidden = false;
  find(".date").textContent = inLanguage(now.text || now.date, language);
  find(".today time").textContent = now.time || "";
}

async function moveOn(button, move) {
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    showClock(await move());
  } catch {
    failed(words(language).moveOnFailed);
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
    button.focus();
  }
}

// --- tabs, which only a narrow window shows

function drawTabs() {
  const phrases = words(language);
  const focused = document.activeElement?.closest?.("[role=tab]")?.dataset.tab;
  find(".tabs").replaceChildren(...[...phones.values()].map((phone) => {
    const selected = phone.shown;
    const badge = phone.unread > 0 && el("span.badge", {}, String(phone.unread), el("span.hidden", {}, ` ${phrases.unread}`));
    const options = {
      type: "button", role: "tab", id: `tab-${phone.id}`, "aria-controls": `phone-${phone.id}`, "aria-selected": String(selected),
      tabindex: selected ? "0" : "-1", dataset: { tab: phone.id }, onclick: () => show(phone.id), onkeydown: (event) => moveTab(event, phone.id),
    };
    return el("button.tab", options, el("span", {}, inLanguage(phone.about.role, language)), badge);
  }));
  if (focused) find(`[data-tab="${focused}"]`)?.focus();
}

function moveTab(event, from) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const ids = [...phones.keys()];
  const next = ids[(ids.indexOf(from) + step + ids.length) % ids.length];
  show(next);
  find(`[data-tab="${next}"]`).focus();
}

function show(id) {
  const chosen = phones.has(id) ? id : phones.keys().next().value;
  sessionStorage.setItem("tab", chosen);
  // side by side, for a moment, two would have half the width each, and the field's words more than one line
  for (const phone of phones.values()) if (phone.id !== chosen) phone.setShown(false);
  phones.get(chosen)?.setShown(true);
  drawTabs();
}

// --- the full view of a photo

function prepareViewer(phrases) {
  const viewer = find("dialog.viewer");
  const close = viewer.querySelector(".close");
  close.replaceChildren(icon("close"));
  close.setAttribute("aria-label", phrases.close);
  close.onclick = () => viewer.close();
  viewer.onclick = (event) => event.target === viewer && viewer.close();
}

function openPicture(address, alt) {
  const viewer = find("dialog.viewer");
  const image = viewer.querySelector("img");
  image.src = address;
  image.alt = alt;
  viewer.showModal();
}

begin();
