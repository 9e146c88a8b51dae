/* The search in the bar: arrows go through the hits that htmx brings, Escape and a click elsewhere close them. */
"use strict";

const box = document.querySelector("[data-bar-search]");

if (box) {
  const input = box.querySelector("[data-search]");
  const hits = box.querySelector("[data-hits]");
  const close = () => hits.replaceChildren();

  box.addEventListener("keydown", (event) => {
    const links = [...hits.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && links.length) {
      event.preventDefault();
      links[Math.min(at + 1, links.length - 1)].focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      event.preventDefault();
      (links[at - 1] || input).focus();
    } else if (event.key === "Escape") {
      close();
      input.focus();
    }
  });

  document.addEventListener("click", (event) => {
    if (!box.contains(event.target)) close();
  });

  box.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget)) close();
  });
}
