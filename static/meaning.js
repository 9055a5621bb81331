"use strict";

// What an outcome means is a page of its own; with script it opens over the page that speaks of the outcome, and
// outlasts that page's refreshes.
const meaning = document.getElementById("meaning");
let opener = "";

async function openMeaning(link) {
  const response = await fetch(link.href, { headers: { "HX-Request": "true" } });
  if (!response.ok || response.headers.has("HX-Refresh")) {
    throw new Error(`no part to show, but ${response.status}`);
  }
  meaning.querySelector("[data-meaning-body]").innerHTML = await response.text();
  addCopyButtons();
  if (!meaning.open) {
    opener = link.id;
    meaning.showModal();
  }
  meaning.querySelector("h2").focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.means");
  if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
    event.preventDefault();
    openMeaning(link).catch(() => location.assign(link.href));
  }
});

// A refresh may have replaced the link that opened it.
meaning.addEventListener("close", () => document.getElementById(opener)?.focus());
meaning.addEventListener("click", (event) => {
  if (event.target === meaning) {
    meaning.close();
  }
});
