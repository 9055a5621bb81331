"use strict";

// What is marked with data-copy gets a button behind it that copies its text. The attribute may hold the button's
// words; without, the button is a sign only. Script makes the buttons, for without script they would do nothing.
const copyPattern = document.getElementById("copy-button");
const copiedTexts = new WeakMap();

function addCopyButtons() {
  for (const marked of document.querySelectorAll("[data-copy]:not([data-copy-ready])")) {
    const text = marked.textContent.trim();
    const button = copyPattern.content.firstElementChild.cloneNode(true);
    const words = marked.dataset.copy || button.dataset.words.replace("{text}", text);
    if (marked.dataset.copy) {
      button.append(words);
    } else {
      button.setAttribute("aria-label", words);
      button.title = words;
    }
    copiedTexts.set(button, text);
    marked.dataset.copyReady = "";
    marked.after(button);
  }
}

// Without https a browser has no clipboard for scripts; then the text is selected and copied as by hand.
function copiedByHand(text, place) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  place.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

async function copied(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text, place);
  }
}

// A dialog silences the page below it, so it has a place of its own for what is to be spoken.
function say(sentence, place) {
  const spoken = (place.closest("dialog") || document).querySelector("[data-copy-said]");
  spoken.textContent = "";
  setTimeout(() => (spoken.textContent = sentence), 50);
}

async function copy(button) {
  const done = await copied(copiedTexts.get(button), button.parentElement);
  button.focus();
  button.classList.toggle("copied", done);
  setTimeout(() => button.classList.remove("copied"), 2000);
  say(done ? button.dataset.done : button.dataset.failed, button);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) {
    copy(button);
  }
});

// A refreshed part comes without its buttons; one that had the focus gets it back.
let focusedText = null;
document.body.addEventListener("htmx:beforeSwap", () => {
  focusedText = copiedTexts.has(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
});
document.body.addEventListener("htmx:afterSwap", () => {
  addCopyButtons();
  if (focusedText && !copiedTexts.has(document.activeElement)) {
    document.querySelector(`.copy[aria-label="${CSS.escape(focusedText)}"]`)?.focus({ preventScroll: true });
  }
});
addCopyButtons();
