"use strict";

// Keyboard shortcuts. Their list is the dialog: what leads somewhere is a link in it that names its keys.
const keys = document.getElementById("keys");
const keysSwitch = document.getElementById("keys-on");
const keysButton = document.querySelector("[data-keys-button]");
const PREFIX = "g";
const PREFIX_MS = 2000;
let prefixedAt = -Infinity;

keysButton.hidden = false;
keysButton.addEventListener("click", () => keys.showModal());
keysSwitch.checked = localStorage.getItem("keys") !== "off";
keysSwitch.addEventListener("change", () => localStorage.setItem("keys", keysSwitch.checked ? "on" : "off"));

function isTyping(event) {
  return event.isComposing || event.target.closest("input, textarea, select, [contenteditable]");
}

// The rows of lists, each by the link that opens it.
function rowLinks() {
  const rows = [...document.querySelectorAll("main .rows tbody tr")];
  return rows.map((row) => row.querySelector("a[href]")).filter((link) => link?.checkVisibility());
}

function moveBy(step) {
  const links = rowLinks();
  const row = document.activeElement.closest("tr");
  const here = links.findIndex((link) => row?.contains(link));
  const next = here < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + step, 0), links.length - 1);
  links[next]?.focus();
}

function search() {
  const field = document.querySelector("[role=search] :is(input, select):not([type=hidden])");
  if (field) {
    field.focus();
    field.select?.();
  } else {
    follow("/");
  }
}

function follow(pressed) {
  const link = keys.querySelector(`[data-keys="${CSS.escape(pressed)}"]`);
  link?.click();
  return Boolean(link);
}

const deeds = { "?": () => keys.showModal(), "/": search, j: () => moveBy(1), k: () => moveBy(-1) };

function press(event) {
  const prefixed = event.timeStamp - prefixedAt < PREFIX_MS;
  prefixedAt = !prefixed && event.key === PREFIX ? event.timeStamp : -Infinity;
  if (prefixed) {
    return follow(`${PREFIX} ${event.key}`);
  }
  if (event.key in deeds) {
    deeds[event.key]();
    return true;
  }
  return follow(event.key);
}

document.addEventListener("keydown", (event) => {
  const modified = event.ctrlKey || event.metaKey || event.altKey;
  if (!keysSwitch.checked || modified || isTyping(event) || document.querySelector("dialog[open]")) {
    return;
  }
  if (press(event)) {
    event.preventDefault();
  }
});
