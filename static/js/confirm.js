/* Confirm by typing: the button named by data-confirms stays disabled until the input holds what data-confirm-value says.
   Spaces and the separators of thousands do not count. The server checks again. */
"use strict";

const plain = (text) => text.replace(/[\s.,'\u2019\u00a0\u202f]/g, "").toLowerCase();

for (const input of document.querySelectorAll("[data-confirms]")) {
  const button = document.getElementById(input.dataset.confirms);
  const check = () => {
    button.disabled = plain(input.value) !== plain(input.dataset.confirmValue);
  };
  input.addEventListener("input", check);
  check();
}
