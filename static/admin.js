"use strict";

// Django labels the sign of a filter's field without saying what it is, and then its label counts for nothing.
addEventListener("load", () => {
  for (const sign of document.querySelectorAll(".search-label-icon[aria-label]")) {
    sign.setAttribute("role", "img");
  }
});
