/* The list of guests: filters left empty stay out of the address, and ticked rows are counted.
   Which buttons are seen is decided by CSS (:has), what they do by their forms: without script all of it works. */
"use strict";

for (const form of document.querySelectorAll("[data-filters]")) {
  form.addEventListener("formdata", (event) => {
    const filled = [...event.formData].filter(([, value]) => value.trim() !== "");
    for (const name of [...event.formData.keys()]) event.formData.delete(name);
    for (const [name, value] of filled) event.formData.append(name, value);
  });
  form.addEventListener("submit", () => {
    for (const menu of form.querySelectorAll("details.menu[open]")) menu.open = false;
  });
  /* Back brings the list back; what was chosen for the next one, which the browser would keep, is not on in it. */
  window.addEventListener("pageshow", ({ persisted }) => {
    const [arrival] = performance.getEntriesByType("navigation");
    if (persisted || arrival?.type === "back_forward") form.reset();
  });
}

const list = document.querySelector("[data-list]");

if (list) {
  const rows = () => [...list.querySelectorAll("tbody .tick")];
  const whole = list.querySelector("[data-tick-page]");
  const count = list.querySelector("[data-ticked-count]");
  let last = null;

  const show = () => {
    const all = rows();
    const ticked = all.filter((tick) => tick.checked).length;
    if (count) count.textContent = ticked.toLocaleString(document.documentElement.lang);
    if (whole && !whole.disabled) {
      whole.checked = ticked > 0 && ticked === all.length;
      whole.indeterminate = ticked > 0 && ticked < all.length;
    }
  };

  list.addEventListener("click", (event) => {
    if (event.target.closest("[data-untick]")) {
      for (const tick of rows()) tick.checked = false;
      show();
      whole?.focus();
      return;
    }
    const tick = event.target.closest("tbody .tick");
    if (!tick) return;
    /* With Shift: all between the last one and this. */
    if (event.shiftKey && last) {
      const all = rows();
      const [from, to] = [all.indexOf(last), all.indexOf(tick)].sort((a, b) => a - b);
      for (const each of all.slice(from, to + 1)) each.checked = tick.checked;
    }
    last = tick;
    show();
  });

  whole?.addEventListener("change", () => {
    for (const tick of rows()) tick.checked = whole.checked;
    show();
  });

  /* The browser's Back button may bring ticks with it. */
  window.addEventListener("pageshow", show);
  show();
}
