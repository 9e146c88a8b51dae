/* A guest's record: rows that come and go without the server, and the list of guests that opens under the referrer. */
"use strict";

/* -- Rows: a copy of the <template>, under the next number. Without script the same buttons send the form. */

let place = 1000;

document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add-row]");
  const remove = event.target.closest("[data-remove-row]");
  if (!add && !remove) return;
  event.preventDefault();
  const rows = (add || remove).closest("[data-rows]");
  if (add) addRow(rows);
  else removeRow(rows, remove.closest("[data-row]"));
});

const addRow = (rows) => {
  const count = rows.querySelectorAll("[data-row]").length + 1;
  const holder = document.createElement("div");
  const blank = rows.querySelector("template");
  holder.append(blank.content.cloneNode(true));
  for (const element of holder.querySelectorAll("*")) {
    for (const name of ["id", "for", "value"]) {
      if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replace("__n__", place));
    }
  }
  const words = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) words.currentNode.data = words.currentNode.data.replace("__n__", count);
  place += 1;
  const row = holder.firstElementChild;
  blank.before(row);
  row.querySelector("input").focus();
};

const removeRow = (rows, row) => {
  const next = row.nextElementSibling?.matches("[data-row]") ? row.nextElementSibling : row.previousElementSibling;
  if (next) {
    row.remove();
    next.querySelector("input").focus();
    return;
  }
  /* The last one stays, to type into. */
  for (const input of row.querySelectorAll("input")) input.value = "";
  row.querySelector("input").focus();
};

/* -- The referrer: a combobox over what htmx puts into the list. */

for (const box of document.querySelectorAll("[data-combobox]")) {
  const input = box.querySelector("input");
  const list = box.querySelector("[data-offers]");
  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  const close = () => {
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const point = (index) => {
    const all = options();
    all.forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
    input.setAttribute("aria-activedescendant", all[index]?.id || "");
    all[index]?.scrollIntoView({ block: "nearest" });
  };
  const take = (option) => {
    input.value = option.dataset.value;
    close();
    input.focus();
  };

  list.addEventListener("htmx:afterSwap", () => {
    const opens = document.activeElement === input && options().length > 0;
    input.setAttribute("aria-expanded", String(opens));
    if (document.activeElement !== input) close();
    else list.scrollIntoView({ block: "nearest" });
  });
  input.addEventListener("keydown", (event) => {
    const all = options();
    if (event.key === "Escape" && list.firstElementChild) {
      event.preventDefault();
      close();
    } else if (all.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      point((chosen() + step + all.length + (chosen() < 0 && step < 0 ? 1 : 0)) % all.length);
    } else if (event.key === "Enter" && chosen() >= 0) {
      event.preventDefault();
      take(all[chosen()]);
    }
  });
  /* Before the input loses the focus, which closes the list. */
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    event.preventDefault();
    if (option) take(option);
  });
  input.addEventListener("blur", close);
}
