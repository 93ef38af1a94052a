/* The viewer's page: chooses room and turn, and ties the lists and texts to the picture. All text goes in as text. */
"use strict";

class Viewer {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.episode = null;
    this.at = 0;
    this.pinned = null;
    this.fillChoice();
    this.listen();
    this.choose(0, 0);
  }

  /* Start the three-dimensional picture; where that fails, flat pictures stand in. */
  async start() {
    const message = this.part("message");
    message.replaceChildren();
    try {
      // Asked first, since three.js would also complain.
      if (!document.createElement("canvas").getContext("webgl2")) throw new Error("the browser gives none");
      const meshes = await ViewerMeshes.open(this.data);
      this.stage = new ViewerStage(this.part("stage"), meshes, {
        onHover: (id, event) => this.hover(id, event),
        onPick: (id, event) => this.pick(id, event),
        onCamera: (name) => this.camera(name),
      });
      message.hidden = true;
      this.theme();
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.theme());
      this.draw(false);
      this.root.dataset.state = "ready";
    } catch (error) {
      this.root.dataset.state = "flat";
      this.part("stage").querySelector(".v-tools").hidden = true;
      console.info(`no WebGL: ${error.message}`);
      this.drawFlat();
    }
  }

  theme() {
    this.stage.setBackground(getComputedStyle(this.part("stage")).backgroundColor);
  }

  /* --- rooms and turns -------------------------------------------------------------------------- */

  fillChoice() {
    const { data } = this;
    const rooms = data.rooms.map((room, number) => {
      const name = data.scenes[room.scene].id || `Room ${room.number}`;
      return element("option", { value: String(number) }, data.rooms.length > 1 ? `${room.number}. ${name}` : name);
    });
    this.part("room").replaceChildren(...rooms);
    for (const name of ["previous", "next"]) this.root.querySelector(`[data-do="${name}"]`).hidden = rooms.length < 2;
    this.part("room").disabled = rooms.length < 2;
    this.part("groups").hidden = data.groups.length < 2;
  }

  /* Show a room's episode of a group, or of the first group that has one. */
  choose(number, group) {
    const { data } = this;
    const room = data.rooms[number];
    const isHere = (one) => room.episodes[one] !== null;
    this.group = isHere(group) ? group : room.episodes.findIndex((one) => one !== null);
    const isNew = this.number !== number;
    this.number = number;
    this.episode = data.episodes[room.episodes[this.group]];
    this.scene = data.scenes[room.scene];
    this.pinned = null;
    this.part("room").value = String(number);
    this.part("groups").replaceChildren(
      ...data.groups.map((title, one) => {
        const button = element("button", { type: "button", "aria-pressed": String(one === this.group) }, title);
        button.disabled = !isHere(one);
        button.addEventListener("click", () => this.choose(number, one));
        return button;
      }),
    );
    const last = this.episode.turns.length - 1;
    const slider = this.part("turn");
    slider.max = String(last);
    slider.disabled = last === 0;
    this.root.querySelector('[data-do="play"]').disabled = last === 0;
    this.part("ticks").replaceChildren(...this.episode.turns.map((turn) =>
      element("span", {}, /^\d+$/.test(turn.label) ? `Turn ${turn.label}` : turn.label)));
    this.part("prompt").textContent = this.episode.prompt;
    this.part("prompt-part").hidden = !this.episode.prompt;
    for (const panel of this.root.querySelectorAll(".v-panel")) panel.scrollTop = 0;
    this.part("wish").textContent = this.scene.wish || "No wish is stated.";
    this.showTurn(isNew ? last : Math.min(this.at, last), false);
  }

  showTurn(number, isAnimated) {
    this.at = number;
    this.turn = this.episode.turns[number];
    const slider = this.part("turn");
    slider.value = String(number);
    slider.setAttribute("aria-valuetext", [...this.part("ticks").children][number].textContent);
    [...this.part("ticks").children].forEach((tick, index) => tick.classList.toggle("is-here", index === number));
    this.fillLists();
    this.draw(isAnimated);
    this.hovered = null;
    this.part("card").hidden = true;
    this.select(this.pinned ? [this.pinned] : []);
  }

  draw(isAnimated) {
    if (this.stage) {
      this.stage.showRoom(this.episode.scene);
      this.stage.showTurn(this.turn, isAnimated);
    } else if (this.root.dataset.state === "flat") this.drawFlat();
  }

  drawFlat() {
    const message = this.part("message");
    message.hidden = false;
    message.replaceChildren(element("p", {}, "This browser has no WebGL, so the rooms are shown as pictures."));
    if (this.turn.picture) message.append(element("img", { src: this.turn.picture, alt: `${this.scene.id}, ${this.turn.label}` }));
    else message.append(element("p", {}, "The page has no picture of this turn: it carries pictures of its first rooms only, or none."));
  }

  play() {
    const button = this.root.querySelector('[data-do="play"]');
    const stop = () => {
      clearInterval(this.playing);
      this.playing = null;
      button.textContent = "▶";
      button.setAttribute("aria-label", "Play the turns");
    };
    if (this.playing) return stop();
    const last = this.episode.turns.length - 1;
    if (this.at === last) this.showTurn(0, true);
    button.textContent = "❚❚";
    button.setAttribute("aria-label", "Pause");
    this.playing = setInterval(() => {
      if (this.at >= this.episode.turns.length - 1) return stop();
      this.showTurn(this.at + 1, true);
    }, 1400);
  }

  /* --- lists and texts -------------------------------------------------------------------------- */

  fillLists() {
    const { turn, scene } = this;
    const outcome = this.part("outcome");
    outcome.replaceChildren();
    if (turn.score !== null) outcome.append(element("span", {}, "score "), element("b", {}, turn.score.toFixed(3)));
    for (const [text, kind] of turn.badges) outcome.append(" ", element("span", { class: `badge ${kind}` }, text));
    if (this.episode.failure) outcome.append(" ", element("span", { class: "badge bad" }, `✕ ${this.episode.failure}`));

    const isEmpty = turn.poses.every((pose) => !pose);
    this.part("wrong-count").textContent = turn.violations.length || "";
    this.fill("wrong", turn.violations.map((one) =>
      this.row(one.text, one.objects, "is-wrong", () => one.move && { from: one.objects[0], by: one.move, isWrong: true })),
      isEmpty ? "Nothing is placed yet." : "Nothing.");
    const met = turn.relations.filter((one) => one.met).length;
    this.part("relation-count").textContent = turn.relations.length ? `${met} of ${turn.relations.length} met` : "";
    this.fill("relations", turn.relations.map((one) =>
      this.row(one.text, [one.subject, one.target], one.met ? "is-met" : "is-unmet", () => ({ from: one.subject, to: one.target, isWrong: !one.met }))),
      isEmpty ? "Nothing is placed yet." : "None is asked for.");
    this.fill("objects", scene.objects.map((item, index) => {
      const row = this.row(item.id, [item.id], turn.poses[index] ? "v-object-row" : "is-absent");
      const value = turn.perObject[index];
      if (turn.poses[index] && value !== null) row.append(bar(value), element("span", { class: "v-value" }, value.toFixed(2)));
      else row.append(element("span", { class: "v-value" }, turn.poses[index] ? "–" : "not placed"));
      return row;
    }), "There are none.");
    this.part("components").replaceChildren(...scores(turn.components));
    this.part("components").parentElement.hidden = !this.part("components").children.length;

    const has = (name, isThere) => { this.part(`${name}-part`).hidden = !isThere; };
    has("answer", turn.text);
    has("feedback", turn.feedback);
    this.part("issues").replaceChildren(...(turn.issues || []).map((issue) => element("li", {}, issue)));
    this.part("answer").replaceChildren(...this.marked(turn.text || "", turn.spans || {}));
    this.part("feedback").textContent = turn.feedback || "";
  }

  fill(name, rows, empty) {
    this.part(name).replaceChildren(...(rows.length ? rows : [element("li", { class: "v-none" }, empty)]));
  }

  /* A line of a list that picks out objects when it is hovered, focused or chosen. */
  row(text, ids, kind, arrow) {
    const line = element("li", { class: kind || "" });
    const button = element("button", { type: "button" }, text);
    line.append(button);
    line.dataset.ids = JSON.stringify(ids);
    const on = () => {
      this.select(ids);
      if (this.stage) this.stage.point((arrow && arrow()) || null);
      if (kind === "v-object-row") this.card(ids[0], null);
    };
    const off = () => {
      this.part("card").hidden = true;
      this.release();
    };
    line.addEventListener("pointerenter", on);
    line.addEventListener("pointerleave", off);
    button.addEventListener("focus", on);
    button.addEventListener("blur", off);
    button.addEventListener("click", () => {
      const [id] = ids;
      this.pinned = ids.length === 1 && this.pinned !== id && this.scene.objects.some((item) => item.id === id) ? id : null;
      on();
    });
    return line;
  }

  /* The answer as text and marks, a mark for each object that it places. */
  marked(text, spans) {
    const pieces = [];
    let end = 0;
    for (const [id, [from, to]] of Object.entries(spans).sort((one, other) => one[1][0] - other[1][0])) {
      if (from < end) continue;
      const mark = element("mark", {}, text.slice(from, to));
      mark.dataset.ids = JSON.stringify([id]);
      mark.addEventListener("pointerenter", () => this.select([id], mark));
      mark.addEventListener("pointerleave", () => this.release());
      pieces.push(text.slice(end, from), mark);
      end = to;
    }
    return [...pieces, text.slice(end)];
  }

  /* --- choosing objects ------------------------------------------------------------------------- */

  select(ids, from) {
    const isChosen = new Set(ids);
    if (this.stage) this.stage.choose(ids);
    for (const line of this.root.querySelectorAll("[data-ids]")) {
      const own = JSON.parse(line.dataset.ids);
      line.classList.toggle("is-chosen", ids.length === 1 ? own.includes(ids[0]) : own.every((id) => isChosen.has(id)));
    }
    const mark = this.root.querySelector("mark.is-chosen");
    if (mark && mark !== from && ids.length === 1) reveal(mark);
  }

  release() {
    if (this.stage) this.stage.point(null);
    this.select(this.pinned ? [this.pinned] : []);
  }

  hover(id, event) {
    if (id === this.hovered && !id) return;
    if (id !== this.hovered) {
      this.hovered = id;
      if (id) this.select([id]);
      else this.release();
    }
    this.card(id, event);
    this.part("stage").classList.toggle("is-over", Boolean(id));
  }

  pick(id, event) {
    this.pinned = this.pinned === id ? null : id;
    this.hovered = id;
    this.release();
    this.card(event.pointerType === "mouse" || this.pinned ? id : null, event);
  }

  /* The card beside the pointer, or in a corner where there is none: the object, its score in parts, what is wrong. */
  card(id, event) {
    const card = this.part("card");
    const index = this.scene.objects.findIndex((item) => item.id === id);
    card.hidden = index < 0;
    if (index < 0) return;
    const item = this.scene.objects[index], { turn } = this;
    const [x, y, z, yaw] = turn.poses[index];
    const value = turn.perObject[index];
    const head = element("p", { class: "v-name" }, item.id);
    if (value !== null) head.append(element("b", {}, value.toFixed(2)));
    const facts = [
      [item.category, item.words].filter(Boolean).join(" · "),
      `${item.size.map((side) => round(side)).join(" × ")} m at (${[x, y, z].map(round).join(", ")}), ${Math.round((yaw * 180) / Math.PI)}°`,
    ];
    const parts = Object.fromEntries(Object.entries(turn.parts).map(([name, values]) => [name, values[index]]));
    const list = element("dl", { class: "v-scores" });
    list.append(...scores(parts));
    const wrong = turn.violations.filter((one) => one.objects.includes(id));
    const problems = element("ul", {});
    problems.append(...wrong.map((one) => element("li", {}, one.text)));
    if (item.problem) problems.append(element("li", {}, item.problem));
    card.replaceChildren(head, ...facts.map((fact) => element("p", { class: "v-fact" }, fact)));
    if (list.children.length) card.append(list);
    if (problems.children.length) card.append(problems);
    const frame = this.part("stage").getBoundingClientRect();
    if (!event) {
      card.style.left = `${Math.max(8, frame.width - card.offsetWidth - 10)}px`;
      card.style.top = "10px";
      return;
    }
    const left = event.clientX - frame.left, top = event.clientY - frame.top;
    const isRight = left + card.offsetWidth + 24 < frame.width;
    card.style.left = `${Math.max(8, isRight ? left + 16 : left - card.offsetWidth - 16)}px`;
    card.style.top = `${Math.min(Math.max(8, top + 16), Math.max(8, frame.height - card.offsetHeight - 8))}px`;
  }

  camera(name) {
    for (const button of this.root.querySelectorAll("[data-camera]"))
      button.setAttribute("aria-pressed", String(button.dataset.camera === name));
    this.part("pad").hidden = name !== "walk";
  }

  /* --- buttons and keys ------------------------------------------------------------------------- */

  listen() {
    const { root } = this;
    root.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const { camera, key } = button.dataset;
      if (camera && this.stage) this.stage.fly(camera, false);
      else if (key && this.stage) this.stage.key(key);
      else this.act(button.dataset.do, button);
    });
    this.part("room").addEventListener("change", (event) => this.choose(Number(event.target.value), this.group));
    this.part("turn").addEventListener("input", (event) => this.showTurn(Number(event.target.value), true));
    root.querySelector("canvas").addEventListener("keydown", (event) => {
      const cameras = { 1: "corner", 2: "top", 3: "walk" };
      if (this.stage && event.key in cameras) this.stage.fly(cameras[event.key], false);
      else if (event.key.toLowerCase() === "l") this.act("labels");
      else if (event.key === "Escape") this.pick(null, event);
    });
  }

  act(name) {
    const count = this.data.rooms.length;
    const step = { previous: count - 1, next: 1 }[name];
    if (step) this.choose((this.number + step) % count, this.group);
    else if (name === "play") this.play();
    else if (name === "labels" && this.stage) {
      this.stage.setLabels(!this.stage.isLabelled);
      this.root.querySelector('[data-do="labels"]').setAttribute("aria-pressed", String(this.stage.isLabelled));
    }
  }
}

function element(name, attributes, text) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function bar(value) {
  const made = element("span", { class: `v-meter${value < 0.5 ? " is-low" : ""}` });
  const fill = element("span", {});
  fill.style.width = `${Math.round(100 * Math.min(1, Math.max(0, value)))}%`;
  made.append(fill);
  return made;
}

function scores(values) {
  return Object.entries(values).filter(([, value]) => value !== null).flatMap(([name, value]) => {
    const told = element("dd", {});
    told.append(bar(value), element("span", { class: "v-value" }, value.toFixed(2)));
    return [element("dt", {}, name.replaceAll("_", " ")), told];
  });
}

function round(value) {
  return String(Math.round(100 * value) / 100);
}

/* Scroll a mark into its own box, and nothing else. */
function reveal(mark) {
  for (let box = mark.parentElement; box && box.id !== "viewer"; box = box.parentElement) {
    if (box.scrollHeight <= box.clientHeight + 1 || getComputedStyle(box).overflowY === "visible") continue;
    const [inner, outer] = [mark.getBoundingClientRect(), box.getBoundingClientRect()];
    if (inner.top < outer.top || inner.bottom > outer.bottom)
      box.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }
}

/* Open the viewer: at once, or where the page says that it waits, when it comes near the reader. */
{
  const root = document.getElementById("viewer");
  const open = async () => {
    root.viewer = new Viewer(root, await unpack(document.getElementById("viewer-data").textContent).json());
    root.viewer.start();
  };
  if (root.hasAttribute("data-waits")) {
    const watch = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      watch.disconnect();
      open();
    }, { rootMargin: "300px" });
    watch.observe(root);
  } else open();
}
