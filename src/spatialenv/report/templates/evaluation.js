"use strict";
const list = document.getElementById("episodes");
const filters = document.getElementById("filters");
const order = document.getElementById("order");
const find = document.getElementById("find");
const episodes = [...list.children];
const keys = {
  room: (item) => Number(item.dataset.room),
  low: (item) => Number(item.dataset.score),
  high: (item) => -Number(item.dataset.score),
};
let tag = "all";
filters.hidden = false;

function show() {
  const word = find.value.trim().toLowerCase();
  let shown = 0;
  for (const item of episodes) {
    const fits = item.dataset.tags.split(" ").includes(tag) && (!word || item.textContent.toLowerCase().includes(word));
    item.hidden = !fits;
    shown += fits;
  }
  document.getElementById("none").hidden = shown > 0;
}

filters.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  tag = button.dataset.tag;
  for (const other of filters.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
  show();
});
order.addEventListener("change", () => {
  const key = keys[order.value];
  list.append(...[...episodes].sort((a, b) => key(a) - key(b)));
});
find.addEventListener("input", show);

function openNamed() {
  const item = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (item && item.matches(".episode")) item.open = true;
}
window.addEventListener("hashchange", openNamed);
openNamed();
