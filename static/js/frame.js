/* What every page of the frame gains with script: `/` goes to the search, notices can be dismissed, menus close, pages print.
   Everything is delegated from the document, so that parts swapped in by htmx need no wiring. */
"use strict";

document.documentElement.classList.add("js");

const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
  if (event.key === "Escape") {
    const menu = event.target.closest("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

/* An open menu lies over what comes next: who goes on, by mouse or keyboard, closes it. */
const closeMenus = (isLeft) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (isLeft(menu)) menu.open = false;
  }
};

/* Words in a menu that are pressed give the focus to what the menu stands in: nobody leaves it by that. */
document.addEventListener("focusin", ({ target }) => {
  closeMenus((menu) => !menu.contains(target) && !target.contains(menu));
});

document.addEventListener("click", (event) => {
  closeMenus((menu) => !menu.contains(event.target));
  if (event.target.closest("[data-print]")) print();
  const close = event.target.closest("[data-dismiss]");
  if (close) {
    const notice = close.closest(".notice");
    const next = notice.nextElementSibling || notice.previousElementSibling;
    notice.remove();
    (next?.querySelector("[data-dismiss]") || document.querySelector("main")).focus();
  }
});

/* On a phone the places scroll sideways: bring the present one into sight. */
document.querySelector(".bar__nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
if (!location.hash) {
  document.querySelector(":is(.side, .tabs) [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

/* A form that failed: the summary is read out and is where the keyboard stands. */
document.querySelector("[data-error-summary]")?.focus();

/* A part of the page that could not be had, because the database was busy or nobody is signed in any more: the answer says so. */
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (![401, 503].includes(xhr.status) || document.querySelector("[data-busy]")) return;
  const notice = document.createElement("p");
  notice.className = "notice notice--warning";
  notice.dataset.busy = "";
  notice.setAttribute("role", "alert");
  notice.textContent = xhr.responseText;
  document.querySelector("main").prepend(notice);
});

/* A part of the overview that did not arrive says so as it does without script, and can be asked for again. */
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, (event) => {
    const part = event.target.closest("[aria-busy]");
    if (!part) return;
    part.removeAttribute("aria-busy");
    for (const each of part.querySelectorAll(".js-only")) each.remove();
    for (const each of part.querySelectorAll(".no-js-only")) each.classList.remove("no-js-only");
    document.querySelector("[data-whole]")?.classList.remove("no-js-only");
  });
}

/* A second press of a committing button must not send the form twice. The fields stay enabled, so nothing typed is lost;
   coming back with the browser's Back button wakes the form again. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  else if (!form.hasAttribute("hx-post")) form.dataset.sent = "yes";
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
