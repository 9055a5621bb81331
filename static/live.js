"use strict";

// Parts of a page that follow the record by asking for themselves again and again.
const lost = document.getElementById("lost");
const RETRY_MS = 5000;
let retrying = 0;
let newsWanted = false;
let focusedLink = "";

function followers() {
  return document.querySelectorAll("[hx-trigger^=every]");
}

// Nobody looks at a hidden tab; coming back to it is when its truth is wanted.
function wake() {
  if (!document.hidden) {
    followers().forEach((part) => htmx.trigger(part, "wake"));
  }
}

document.addEventListener("visibilitychange", wake);
addEventListener("online", wake);
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    wake();
  }
});
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden) {
    event.preventDefault();
  }
});

// What a page asks for by itself keeps no sign-in alive.
document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-Background"] = "1";
});

function lose() {
  const time = document.querySelector("#as-of time:last-of-type")?.textContent;
  const sentence = time ? lost.dataset.since.replace("{time}", time) : lost.dataset.words;
  if (lost.textContent !== sentence) {
    lost.textContent = sentence;
  }
  retrying ||= setInterval(wake, RETRY_MS);
}

function find() {
  lost.textContent = "";
  clearInterval(retrying);
  retrying = 0;
}

addEventListener("offline", () => followers().length && lose());
for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, lose);
}

// Whatever stands between the desk and the browser may answer in its place.
function isOurs(text, target) {
  return text.includes(`id="${target.id}"`) || text.includes('id="as-of"');
}

// Rows that somebody reads, or is about to open, are not to move away.
function isRead(list) {
  return (
    "holds" in list.dataset &&
    !newsWanted &&
    (list.getBoundingClientRect().top < 0 ||
      list.contains(document.activeElement) ||
      (!getSelection().isCollapsed && getSelection().containsNode(list, true)))
  );
}

function offerNews(list) {
  const place = list.querySelector("[data-news]");
  if (!place.firstChild) {
    place.append(list.querySelector("template").content.cloneNode(true));
  }
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  if (xhr.status === 403 || xhr.status === 404) {
    // The page as a whole tells what has become of it.
    location.reload();
  } else if (xhr.status !== 200 || !isOurs(xhr.responseText, target)) {
    event.detail.shouldSwap = false;
    lose();
  } else {
    find();
    if (xhr.getResponseHeader("HX-Reswap") !== "none" && isRead(target)) {
      event.detail.shouldSwap = false;
      offerNews(target);
    }
    const focused = document.activeElement;
    focusedLink = target.contains(focused) && !focused.id ? focused.getAttribute("href") || "" : "";
  }
});

document.body.addEventListener("htmx:afterSwap", () => {
  if (newsWanted) {
    newsWanted = false;
    document.querySelector("#live tbody a")?.focus();
  } else if (focusedLink && document.activeElement === document.body) {
    document.querySelector(`#live a[href="${CSS.escape(focusedLink)}"]`)?.focus({ preventScroll: true });
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-show-news]")) {
    newsWanted = true;
    wake();
  }
});
