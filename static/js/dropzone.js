/* Drops a file onto the file input of a [data-dropzone] and shows its name and size. The server decides what it is;
   a size over data-max-bytes is only said early. */
"use strict";

const sizeOf = (bytes) => {
  // As the server counts: the limit beside it, and the size on the pages that follow.
  const units = ["bytes", "KB", "MB", "GB"];
  const step = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 1024 ** step;
  return `${value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: value < 10 ? 1 : 0 })} ${units[step]}`;
};

const show = (zone) => {
  const file = zone.querySelector("[type=file]").files[0];
  const tooLarge = file && file.size > Number(zone.dataset.maxBytes || Infinity);
  zone.classList.toggle("has-file", Boolean(file));
  zone.querySelector("[data-file]").textContent = file ? `${file.name}, ${sizeOf(file.size)}` : "";
  zone.querySelector("[data-too-large]").hidden = !tooLarge;
};

for (const zone of document.querySelectorAll("[data-dropzone]")) {
  const input = zone.querySelector("[type=file]");
  const over = (isOver) => zone.classList.toggle("is-over", isOver);

  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) over(false);
  });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      show(zone);
    }
  });
  input.addEventListener("change", () => show(zone));
  show(zone);
}

/* A file let go beside the area must not replace the page. */
for (const kind of ["dragover", "drop"]) {
  window.addEventListener(kind, (event) => event.preventDefault());
}
