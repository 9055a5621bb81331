"use strict";

// The theme button: it works by script alone, so it shows itself by script.
const themeButton = document.querySelector("[data-theme-button]");
if (themeButton) {
  themeButton.hidden = false;
  themeButton.addEventListener("click", () => {
    const root = document.documentElement;
    const systemIsDark = matchMedia("(prefers-color-scheme: dark)").matches;
    const shown = root.dataset.bsTheme || (systemIsDark ? "dark" : "light");
    root.dataset.bsTheme = shown === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.bsTheme);
  });
}

// Refreshed parts carry a sentence for screen readers; it is spoken only when it has changed.
const spoken = document.getElementById("spoken");
document.body.addEventListener("htmx:afterSettle", () => {
  const sentence = document.querySelector("[data-say]")?.dataset.say;
  if (spoken && sentence && spoken.textContent !== sentence) {
    spoken.textContent = sentence;
  }
});
