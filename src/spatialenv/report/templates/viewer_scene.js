/* The room in three dimensions. Right-handed, z up, metres: as in the package. Needs THREE and viewer_meshes.js. */
"use strict";

const RED = 0xd61428;
const ACCENT = 0x0b8f7d;
const HEADING = (33 * Math.PI) / 180; // as the corner view of the renderers
const ELEVATION = (42 * Math.PI) / 180;
const FIELD = 34;
const TOP_FIELD = 12; // from far away, so that it is nearly a plan
const WALK_FIELD = 68;
const EYE = 1.6;
const MOVE_MS = 380;
const HARD = ["collision", "out_of_room"];

/* The canvas: one room at a time, drawn only when something has changed. */
class ViewerStage {
  constructor(host, meshes, hooks) {
    this.host = host;
    this.meshes = meshes;
    this.hooks = hooks;
    this.canvas = host.querySelector("canvas");
    this.signs = host.querySelector(".v-labels");
    this.renderer = new THREE.WebGLRenderer({ canvas: this.canvas, antialias: true });
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2));
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = THREE.PCFShadowMap;
    this.renderer.shadowMap.autoUpdate = false;
    this.scene = new THREE.Scene();
    this.camera = new THREE.PerspectiveCamera(FIELD, 1, 0.1, 1000);
    this.camera.up.set(0, 0, 1);
    this.world = new THREE.Group();
    this.scene.add(this.world);
    this.makeLights();
    this.controls = new THREE.OrbitControls(this.camera, this.canvas);
    this.controls.maxPolarAngle = 0.56 * Math.PI;
    this.controls.zoomSpeed = 0.8;
    this.controls.addEventListener("change", () => this.invalidate());
    this.controls.addEventListener("start", () => { this.flight = null; });
    this.rooms = new Map();
    this.mode = "corner";
    this.isLabelled = true;
    this.isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.chosen = new Set();
    this.wrong = new Set();
    this.off = new Set();
    meshes.onload = () => this.invalidate();
    new ResizeObserver(() => this.resize()).observe(host);
    this.listen();
    this.resize();
  }

  makeLights() {
    const sky = new THREE.HemisphereLight(0xffffff, 0xe9e3da, 1.05);
    sky.position.set(0, 0, 1);
    this.sun = new THREE.DirectionalLight(0xfff6ea, 1.75);
    this.sun.castShadow = true;
    this.sun.shadow.mapSize.set(2048, 2048);
    this.sun.shadow.radius = 5;
    this.sun.shadow.intensity = 0.85;
    this.sun.shadow.normalBias = 0.025;
    // The walls that the sun leaves in the shade.
    const fill = new THREE.DirectionalLight(0xffffff, 0.6);
    fill.position.set(0.35, -1, 0.3);
    this.scene.add(sky, this.sun, this.sun.target, fill);
    const maker = new THREE.PMREMGenerator(this.renderer);
    this.scene.environment = maker.fromScene(new THREE.RoomEnvironment(), 0.04).texture;
    this.scene.environmentIntensity = 0.12;
    this.scene.environmentRotation.set(Math.PI / 2, 0, 0);
    maker.dispose();
  }

  setBackground(css) {
    this.scene.background = new THREE.Color(css);
    this.invalidate();
  }

  /* --- what is shown ---------------------------------------------------------------------------- */

  showRoom(number) {
    if (this.number === number) return;
    this.number = number;
    this.about = this.meshes.data.scenes[number];
    if (!this.rooms.has(number)) this.rooms.set(number, this.makeRoom(this.about));
    this.room = this.rooms.get(number);
    this.world.clear();
    this.world.add(this.room.group);
    this.makeSigns();
    this.placeSun();
    this.point(null);
    this.fly(this.mode, true);
  }

  makeRoom(about) {
    const group = new THREE.Group();
    const surface = (number) => {
      const made = new THREE.Mesh(this.meshes.geometry(number), this.meshes.materials(number));
      made.receiveShadow = true;
      group.add(made);
      return made;
    };
    surface(about.surface);
    const walls = about.walls.map((wall) => surface(wall.mesh));
    const ceiling = makeCeiling(about);
    ceiling.visible = false;
    group.add(ceiling);
    const items = about.objects.map((item, index) => {
      const holder = new THREE.Group();
      const body = new THREE.Mesh(this.meshes.geometry(item.mesh), this.meshes.materials(item.mesh));
      body.castShadow = true;
      body.receiveShadow = true;
      body.userData.index = index;
      const frame = makeFrame(item.size);
      frame.visible = false;
      holder.add(body, frame);
      holder.visible = false;
      group.add(holder);
      return { holder, body, frame };
    });
    return { group, items, ceiling, walls };
  }

  showTurn(turn, isAnimated) {
    const from = this.turn;
    this.turn = turn;
    this.moving = [];
    turn.poses.forEach((pose, index) => {
      const { holder } = this.room.items[index];
      const old = isAnimated && from && from.poses[index];
      holder.visible = pose !== null;
      if (!pose) return;
      if (old && !this.isStill) this.moving.push({ holder, old, pose, index });
      else setPose(holder, pose);
    });
    this.movingSince = this.moving.length ? performance.now() : null;
    // Objects where no object can be, and others that something is said of.
    this.wrong = new Set(turn.violations.filter((one) => HARD.includes(one.kind)).flatMap((one) => one.objects));
    this.off = new Set(turn.violations.map((one) => one.objects[0]));
    this.point(null);
    this.renderer.shadowMap.needsUpdate = true;
    this.paint();
  }

  choose(ids) {
    this.chosen = new Set(ids);
    this.paint();
  }

  paint() {
    if (!this.room) return;
    const isAnyChosen = this.chosen.size > 0;
    this.about.objects.forEach((item, index) => {
      const { body, frame } = this.room.items[index];
      const isWrong = this.wrong.has(item.id);
      const isChosen = this.chosen.has(item.id);
      frame.visible = isChosen || (isWrong && !isAnyChosen && this.mode !== "walk");
      for (const part of frame.children) part.material.color.setHex(isWrong || (isChosen && this.off.has(item.id)) ? RED : ACCENT);
      for (const material of body.material) {
        const tint = isWrong ? (isChosen || !isAnyChosen ? 0.24 : 0.08) : isChosen ? 0.16 : 0;
        if (tint) {
          material.emissive.setHex(isWrong ? RED : ACCENT);
          material.emissiveIntensity = tint;
        } else {
          material.emissive.copy(material.userData.colour);
          material.emissiveIntensity = material.userData.emission;
        }
      }
    });
    this.invalidate();
  }

  /* An arrow: {from: id, to: id, wall or middle} of a relation, or {from: id, by: [dx, dy, dz]} of a move. */
  point(arrow) {
    if (this.arrow) {
      this.world.remove(this.arrow);
      this.arrow = null;
    }
    if (arrow) {
      const start = this.middleOf(arrow.from);
      const end = arrow.by && start ? start.clone().add(new THREE.Vector3(...arrow.by)) : this.middleOf(arrow.to, start);
      if (start && end && start.distanceTo(end) > 0.02) {
        this.arrow = makeArrow(start, end, arrow.isWrong ? RED : ACCENT);
        this.world.add(this.arrow);
      }
    }
    this.invalidate();
  }

  middleOf(name, from) {
    const index = this.about.objects.findIndex((item) => item.id === name);
    if (index >= 0) {
      const pose = this.turn && this.turn.poses[index];
      return pose ? new THREE.Vector3(pose[0], pose[1], pose[2]) : null;
    }
    const box = this.extent();
    const height = from ? from.z : 0.5;
    if (name === "ceiling") return from ? new THREE.Vector3(from.x, from.y, this.about.height) : null;
    const wall = this.about.walls.find((one) => one.name === name);
    if (!wall) return new THREE.Vector3(box.x / 2, box.y / 2, 0);
    const start = new THREE.Vector3(...wall.start, height);
    const along = new THREE.Vector3(...wall.end, height).sub(start);
    const share = from ? from.clone().sub(start).dot(along) / along.lengthSq() : 0.5;
    return start.addScaledVector(along, Math.min(1, Math.max(0, share)));
  }

  extent() {
    const xs = this.about.floor.map((corner) => corner[0]), ys = this.about.floor.map((corner) => corner[1]);
    return new THREE.Vector3(Math.max(...xs), Math.max(...ys), this.about.height);
  }

  placeSun() {
    const { x, y, z } = this.extent();
    const reach = Math.hypot(x, y, z) / 2 + 0.6;
    this.sun.target.position.set(x / 2, y / 2, z / 3);
    this.sun.position.copy(this.sun.target.position).add(new THREE.Vector3(-0.8, -0.22, 1.35).multiplyScalar(1.6 * reach));
    Object.assign(this.sun.shadow.camera, { left: -reach, right: reach, top: reach, bottom: -reach, near: 0.1, far: 6 * reach });
    this.sun.shadow.camera.updateProjectionMatrix();
    this.renderer.shadowMap.needsUpdate = true;
  }

  /* --- cameras ---------------------------------------------------------------------------------- */

  fly(name, isAtOnce) {
    this.mode = name;
    const isWalk = name === "walk";
    this.room.ceiling.visible = isWalk;
    this.controls.enabled = !isWalk;
    this.camera.fov = { walk: WALK_FIELD, top: TOP_FIELD }[name] || FIELD;
    this.camera.near = isWalk ? 0.03 : 0.1;
    this.camera.updateProjectionMatrix();
    const { x, y, z } = this.extent();
    if (isWalk) {
      const [eye, aim] = this.entry();
      this.eye = { x: eye.x, y: eye.y, yaw: Math.atan2(aim.y - eye.y, aim.x - eye.x), pitch: -0.12 };
      this.flight = null;
      this.look();
    } else {
      const target = new THREE.Vector3(x / 2, y / 2, name === "top" ? 0 : 0.28 * z);
      const way = name === "top"
        ? new THREE.Vector3(0, -0.0015, 1)
        : new THREE.Vector3(-Math.sin(HEADING) * Math.cos(ELEVATION), -Math.cos(HEADING) * Math.cos(ELEVATION), Math.sin(ELEVATION));
      const end = this.fitted(target, way.normalize(), z);
      this.controls.maxDistance = 3 * end.position.distanceTo(end.target);
      this.controls.minDistance = 0.3;
      if (isAtOnce || this.isStill) this.stand(end.position, end.target);
      else this.flight = { since: performance.now(), from: this.camera.position.clone(), aim: this.controls.target.clone(), ...end };
    }
    this.hooks.onCamera(name);
    this.paint();
  }

  /* Return the target and the nearest place in direction `way` from which the whole room is in the picture. */
  fitted(target, way, top) {
    const corners = this.about.floor.flatMap(([x, y]) => [0, top].map((z) => new THREE.Vector3(x, y, z)));
    const probe = new THREE.PerspectiveCamera(this.camera.fov, this.camera.aspect);
    probe.up.set(0, 0, 1);
    const box = (distance) => {
      probe.position.copy(target).addScaledVector(way, distance);
      probe.lookAt(target);
      probe.updateMatrixWorld();
      const seen = corners.map((corner) => corner.clone().project(probe));
      const range = (axis) => [Math.min(...seen.map((p) => p[axis])), Math.max(...seen.map((p) => p[axis]))];
      return [range("x"), range("y")];
    };
    let near = 1, far = 400;
    for (let round = 0; round < 2; round++) {
      near = 1; far = 400;
      for (let i = 0; i < 30; i++) {
        const middle = (near + far) / 2;
        const [[left, right], [low, high]] = box(middle);
        if (right - left < 1.8 && high - low < 1.62) far = middle; else near = middle;
      }
      // Move the target so that what is seen lies in the middle of the picture, a little above its buttons.
      const [[left, right], [low, high]] = box(far);
      const shift = new THREE.Vector3((left + right) / 2, (low + high) / 2 - 0.07, 0);
      const half = Math.tan((this.camera.fov * Math.PI) / 360) * far;
      const across = new THREE.Vector3().setFromMatrixColumn(probe.matrixWorld, 0);
      const up = new THREE.Vector3().setFromMatrixColumn(probe.matrixWorld, 1);
      target.addScaledVector(across, shift.x * half * this.camera.aspect).addScaledVector(up, shift.y * half);
    }
    return { target, position: target.clone().addScaledVector(way, far) };
  }

  stand(position, target) {
    this.camera.position.copy(position);
    this.controls.target.copy(target);
    this.controls.update();
    this.invalidate();
  }

  /* Return where a walk begins and what it looks at: a door if there is room, else the corner nearest the camera. */
  entry() {
    const { x, y } = this.extent();
    const middle = new THREE.Vector3(x / 2, y / 2, 0);
    let best = null;
    for (const [cx, cy] of this.about.floor) {
      const away = new THREE.Vector3(cx, cy, 0);
      const inside = away.clone().lerp(middle, Math.min(0.45, 0.5 / Math.max(0.5, away.distanceTo(middle))));
      if (!this.isInside(inside.x, inside.y)) continue;
      const free = Math.min(9, ...this.about.objects.map((item, index) => {
        const pose = this.turn && this.turn.poses[index];
        return pose ? Math.hypot(pose[0] - inside.x, pose[1] - inside.y) - Math.hypot(item.size[0], item.size[1]) / 2 : 9;
      }));
      if (!best || free > best.free) best = { free, inside };
    }
    return [best ? best.inside : middle, best ? middle : new THREE.Vector3(x, y, 0)];
  }

  isInside(x, y) {
    const floor = this.about.floor;
    let isIn = false;
    for (let i = 0, j = floor.length - 1; i < floor.length; j = i++) {
      const [ax, ay] = floor[i], [bx, by] = floor[j];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isIn = !isIn;
    }
    return isIn;
  }

  look() {
    const { x, y, yaw, pitch } = this.eye;
    const height = Math.min(EYE, 0.85 * this.about.height);
    this.camera.position.set(x, y, height);
    this.camera.lookAt(x + Math.cos(yaw) * Math.cos(pitch), y + Math.sin(yaw) * Math.cos(pitch), height + Math.sin(pitch));
    this.invalidate();
  }

  walk(ahead, across) {
    const { x, y, yaw } = this.eye;
    const nx = x + ahead * Math.cos(yaw) + across * Math.sin(yaw);
    const ny = y + ahead * Math.sin(yaw) - across * Math.cos(yaw);
    // Along a wall where the straight way is closed.
    for (const [tx, ty] of [[nx, ny], [nx, y], [x, ny]]) {
      if (this.isInside(tx, ty)) {
        Object.assign(this.eye, { x: tx, y: ty });
        break;
      }
    }
    this.look();
  }

  turnBy(yaw, pitch) {
    if (this.mode === "walk") {
      this.eye.yaw += yaw;
      this.eye.pitch = Math.min(1.2, Math.max(-1.2, this.eye.pitch + pitch));
      this.look();
      return;
    }
    const arm = this.camera.position.clone().sub(this.controls.target);
    const round = new THREE.Spherical().setFromVector3(new THREE.Vector3(arm.x, arm.z, -arm.y));
    round.theta += yaw;
    round.phi = Math.min(this.controls.maxPolarAngle, Math.max(0.0015, round.phi + pitch));
    const turned = new THREE.Vector3().setFromSpherical(round);
    this.stand(this.controls.target.clone().add(new THREE.Vector3(turned.x, -turned.z, turned.y)), this.controls.target);
  }

  zoomBy(factor) {
    const arm = this.camera.position.clone().sub(this.controls.target).multiplyScalar(factor);
    arm.clampLength(this.controls.minDistance, this.controls.maxDistance);
    this.stand(this.controls.target.clone().add(arm), this.controls.target);
  }

  /* --- pointer and keys ------------------------------------------------------------------------- */

  listen() {
    const canvas = this.canvas;
    let last = null;
    canvas.addEventListener("pointerdown", (event) => {
      last = { x: event.clientX, y: event.clientY, id: event.pointerId, moved: 0 };
      if (this.mode === "walk") canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (last && event.pointerId === last.id && event.buttons) {
        const dx = event.clientX - last.x, dy = event.clientY - last.y;
        last.moved += Math.abs(dx) + Math.abs(dy);
        if (this.mode === "walk") this.turnBy(0.004 * dx, 0.004 * dy);
        last.x = event.clientX;
        last.y = event.clientY;
      } else if (event.pointerType === "mouse") this.hooks.onHover(this.pick(event), event);
    });
    canvas.addEventListener("pointerup", (event) => {
      if (last && last.moved < 8) this.hooks.onPick(this.pick(event), event);
      last = null;
    });
    canvas.addEventListener("pointerleave", (event) => this.hooks.onHover(null, event));
    canvas.addEventListener("wheel", (event) => {
      if (this.mode !== "walk") return;
      event.preventDefault();
      this.walk(event.deltaY < 0 ? 0.25 : -0.25, 0);
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.key(event.key)) event.preventDefault();
    });
  }

  /* Do what a key says; return whether it says anything. */
  key(name) {
    const key = name.length === 1 ? name.toLowerCase() : name;
    if (this.mode === "walk") {
      const steps = { ArrowUp: [0.2, 0], w: [0.2, 0], ArrowDown: [-0.2, 0], s: [-0.2, 0], a: [0, -0.2], d: [0, 0.2] };
      const turns = { ArrowLeft: 0.12, ArrowRight: -0.12, q: 0.12, e: -0.12 };
      if (key in steps) this.walk(...steps[key]);
      else if (key in turns) this.turnBy(turns[key], 0);
      else return false;
      return true;
    }
    const turns = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.08], ArrowDown: [0, 0.08] };
    if (key in turns) this.turnBy(...turns[key]);
    else if (key === "+" || key === "=") this.zoomBy(0.88);
    else if (key === "-") this.zoomBy(1.14);
    else return false;
    return true;
  }

  /* Return the id of the object at a pointer, or null. */
  pick(event) {
    if (!this.room) return null;
    const frame = this.canvas.getBoundingClientRect();
    const at = new THREE.Vector2(
      (2 * (event.clientX - frame.left)) / frame.width - 1,
      1 - (2 * (event.clientY - frame.top)) / frame.height,
    );
    const ray = new THREE.Raycaster();
    ray.setFromCamera(at, this.camera);
    const bodies = this.room.items.filter(({ holder }) => holder.visible).map(({ body }) => body);
    const hit = ray.intersectObjects(bodies, false)[0];
    return hit ? this.about.objects[hit.object.userData.index].id : null;
  }

  /* --- labels ----------------------------------------------------------------------------------- */

  makeSigns() {
    this.signs.replaceChildren();
    const make = (text, kind) => {
      const sign = document.createElement("span");
      sign.className = `v-sign ${kind}`;
      sign.textContent = text;
      this.signs.append(sign);
      return sign;
    };
    this.labels = this.about.objects.map((item) => make(item.id, "v-object"));
    this.wallSigns = this.about.walls.map((wall) => {
      const [ax, ay] = wall.start, [bx, by] = wall.end;
      const length = Math.hypot(bx - ax, by - ay), away = 0.32;
      const at = new THREE.Vector3((ax + bx) / 2 + (away * (by - ay)) / length, (ay + by) / 2 - (away * (bx - ax)) / length, 0);
      return { sign: make(wall.name, "v-wall"), at };
    });
  }

  setLabels(isOn) {
    this.isLabelled = isOn;
    this.invalidate();
  }

  layLabels() {
    this.signs.hidden = false;
    const width = this.host.clientWidth, height = this.host.clientHeight;
    const ahead = this.camera.getWorldDirection(new THREE.Vector3());
    const taken = [];
    const put = (sign, point, isWanted) => {
      const depth = point.clone().sub(this.camera.position).dot(ahead);
      sign.hidden = !isWanted || depth < 0.1;
      if (sign.hidden) return null;
      const seen = point.clone().project(this.camera);
      return { sign, depth, x: ((seen.x + 1) * width) / 2, y: ((1 - seen.y) * height) / 2 };
    };
    const found = [];
    this.about.objects.forEach((item, index) => {
      const { holder } = this.room.items[index];
      const isChosen = this.chosen.has(item.id);
      const point = holder.position.clone();
      point.z += this.mode === "top" ? 0 : item.size[2] / 2 + 0.06;
      const isWanted = holder.visible && (this.isLabelled || isChosen);
      this.labels[index].classList.toggle("is-wrong", this.wrong.has(item.id));
      this.labels[index].classList.toggle("is-off", this.off.has(item.id));
      this.labels[index].classList.toggle("is-chosen", isChosen);
      const place = put(this.labels[index], point, isWanted);
      if (place) found.push({ ...place, rank: isChosen ? -1 : place.depth });
    });
    found.sort((one, other) => one.rank - other.rank);
    for (const place of found) {
      const half = place.sign.offsetWidth / 2 + 2, tall = place.sign.offsetHeight + 3;
      let y = place.y;
      const clashes = () => taken.find((other) => Math.abs(other.x - place.x) < other.half + half && Math.abs(other.y - y) < tall);
      for (let tries = 0; tries < 2 && clashes(); tries++) y = clashes().y - tall;
      place.sign.hidden = place.rank >= 0 && Boolean(clashes());
      if (place.sign.hidden) continue;
      taken.push({ x: place.x, y, half });
      place.sign.style.transform = `translate(${place.x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -100%)`;
    }
    this.wallSigns.forEach(({ sign, at }, index) => {
      at.z = this.room.walls[index].visible ? this.about.height + 0.12 : 0;
      const place = put(sign, at, this.isLabelled && this.mode !== "walk");
      if (place) sign.style.transform = `translate(${place.x.toFixed(1)}px, ${place.y.toFixed(1)}px) translate(-50%, -50%)`;
    });
  }

  /* --- drawing ---------------------------------------------------------------------------------- */

  resize() {
    const width = this.host.clientWidth, height = this.host.clientHeight;
    if (!width || !height) return;
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    if (this.room && this.mode !== "walk") this.fly(this.mode, true);
    this.invalidate();
  }

  /* Leave out the walls that stand with their backs to the eye. */
  hideWalls() {
    const { x, y } = this.camera.position;
    this.about.walls.forEach(({ start, end }, index) => {
      const isInside = (end[0] - start[0]) * (y - start[1]) - (end[1] - start[1]) * (x - start[0]) > 0;
      this.room.walls[index].visible = isInside;
    });
  }

  invalidate() {
    if (!this.frame) this.frame = requestAnimationFrame((now) => this.draw(now));
  }

  draw(now) {
    this.frame = 0;
    if (!this.room) return;
    if (this.movingSince) {
      const share = ease((now - this.movingSince) / MOVE_MS);
      for (const { holder, old, pose } of this.moving) setPose(holder, between(old, pose, share));
      this.renderer.shadowMap.needsUpdate = true;
      if (share < 1) this.invalidate();
      else this.movingSince = null;
    }
    if (this.flight) {
      const { since, from, aim, position, target } = this.flight;
      const share = ease((now - since) / MOVE_MS);
      if (share >= 1) this.flight = null;
      this.stand(from.clone().lerp(position, share), aim.clone().lerp(target, share));
    }
    this.hideWalls();
    this.renderer.render(this.scene, this.camera);
    this.layLabels();
  }
}

function ease(share) {
  const clipped = Math.min(1, Math.max(0, share));
  return clipped * clipped * (3 - 2 * clipped);
}

function between(old, pose, share) {
  const turn = Math.atan2(Math.sin(pose[3] - old[3]), Math.cos(pose[3] - old[3]));
  return [0, 1, 2].map((axis) => old[axis] + share * (pose[axis] - old[axis])).concat(old[3] + share * turn);
}

function setPose(holder, [x, y, z, yaw]) {
  holder.position.set(x, y, z);
  holder.rotation.z = yaw;
}
