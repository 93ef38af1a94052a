/* What the room is drawn of: meshes out of the page, and the marks that are made here. Needs THREE. */
"use strict";

/* What was compressed with zlib and written in base64. */
function unpack(text) {
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")));
}

/* Geometry out of the page's block: see viewer_meshes.py for its form. */
class ViewerMeshes {
  constructor(data, block) {
    this.data = data;
    this.block = block;
    this.geometries = new Map();
    this.textures = data.textures.map(() => null);
  }

  static async open(data) {
    return new ViewerMeshes(data, await unpack(data.block).arrayBuffer());
  }

  geometry(number) {
    if (!this.geometries.has(number)) this.geometries.set(number, this.build(this.data.meshes[number]));
    return this.geometries.get(number);
  }

  build(mesh) {
    let at = mesh.at;
    const take = (Kind, rows, count, isDifference) => {
      const values = new Kind(this.block.slice(at, at + rows * count * Kind.BYTES_PER_ELEMENT));
      at += values.byteLength;
      // Writing into the array wraps around, as the differences did.
      if (isDifference) for (let i = 0; i < values.length; i++) if (i % count) values[i] += values[i - 1];
      return values;
    };
    const { vertices: v, faces: f, middle, step } = mesh;
    const points = take(Int16Array, 3, v, true);
    const faces = take(v > 0xffff ? Uint32Array : Uint16Array, 3, f, true);
    const smooth = take(Uint16Array, 1, f, false);
    const uvs = mesh.uvStep ? take(Int16Array, 6, f, true) : null;
    const position = new Float32Array(9 * f);
    const normal = new Float32Array(9 * f);
    const texture = uvs ? new Float32Array(6 * f) : null;
    const sums = new Map();
    const keys = new Array(3 * f);
    const a = new THREE.Vector3(), b = new THREE.Vector3(), c = new THREE.Vector3();
    for (let i = 0; i < f; i++) {
      for (let k = 0; k < 3; k++) {
        const vertex = faces[k * f + i];
        for (let axis = 0; axis < 3; axis++)
          position[9 * i + 3 * k + axis] = middle[axis] + step[axis] * points[axis * v + vertex];
        if (uvs) for (let axis = 0; axis < 2; axis++)
          texture[6 * i + 2 * k + axis] = mesh.uvStep * uvs[(axis * 3 + k) * f + i];
      }
      a.fromArray(position, 9 * i);
      b.fromArray(position, 9 * i + 3).sub(a);
      c.fromArray(position, 9 * i + 6).sub(a);
      b.cross(c);
      for (let k = 0; k < 3; k++) {
        const key = smooth[i] * v + faces[k * f + i];
        keys[3 * i + k] = key;
        const sum = sums.get(key);
        if (sum) sum.add(b); else sums.set(key, b.clone());
      }
    }
    for (const sum of sums.values()) sum.normalize();
    for (let i = 0; i < keys.length; i++) sums.get(keys[i]).toArray(normal, 3 * i);
    const built = new THREE.BufferGeometry();
    built.setAttribute("position", new THREE.BufferAttribute(position, 3));
    built.setAttribute("normal", new THREE.BufferAttribute(normal, 3));
    if (texture) built.setAttribute("uv", new THREE.BufferAttribute(texture, 2));
    mesh.groups.forEach(([, start, count], index) => built.addGroup(3 * start, 3 * count, index));
    return built;
  }

  materials(number) {
    return this.data.meshes[number].groups.map(([look]) => this.material(this.data.materials[look]));
  }

  material(look) {
    const colour = new THREE.Color().setRGB(...look.colour.map((part) => part / 255), THREE.SRGBColorSpace);
    const made = new THREE.MeshStandardMaterial({
      color: colour,
      map: look.texture === null ? null : this.texture(look.texture),
      roughness: Math.max(look.roughness, 0.25),
      metalness: 0.75 * look.metallic,
      emissive: colour.clone(),
      emissiveIntensity: look.emission,
      side: look.doubleSided ? THREE.DoubleSide : THREE.FrontSide,
      transparent: look.opacity < 1,
      opacity: look.opacity,
      depthWrite: look.opacity >= 1,
    });
    made.userData.emission = look.emission;
    made.userData.colour = colour;
    return made;
  }

  texture(number) {
    if (!this.textures[number]) {
      const image = new Image();
      const texture = new THREE.Texture(image);
      texture.colorSpace = THREE.SRGBColorSpace;
      texture.wrapS = texture.wrapT = THREE.RepeatWrapping;
      texture.anisotropy = 4;
      image.onload = () => {
        texture.needsUpdate = true;
        if (this.onload) this.onload();
      };
      image.src = this.data.textures[number];
      this.textures[number] = texture;
    }
    return this.textures[number];
  }
}

function makeCeiling(about) {
  const corners = about.floor.map(([x, y]) => new THREE.Vector2(x, y));
  const points = [];
  for (const [a, b, c] of THREE.ShapeUtils.triangulateShape(corners, []))
    for (const corner of [c, b, a]) points.push(corners[corner].x, corners[corner].y, about.height);
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(new Float32Array(points), 3));
  return new THREE.Mesh(geometry, new THREE.MeshBasicMaterial({ color: 0xf6f4ef }));
}

/* The twelve edges of an object's box: full where seen, faint through what hides them. */
function makeFrame(size) {
  const thick = Math.min(0.022, 0.008 + 0.006 * Math.max(...size)) / 2;
  const points = [];
  for (let axis = 0; axis < 3; axis++) {
    const [b, c] = [(axis + 1) % 3, (axis + 2) % 3];
    for (const sb of [-1, 1]) for (const sc of [-1, 1]) {
      const low = [0, 0, 0], high = [0, 0, 0];
      low[axis] = -size[axis] / 2 - thick; high[axis] = size[axis] / 2 + thick;
      low[b] = (sb * size[b]) / 2 - thick; high[b] = low[b] + 2 * thick;
      low[c] = (sc * size[c]) / 2 - thick; high[c] = low[c] + 2 * thick;
      const corner = (i) => [0, 1, 2].map((k) => (i & (1 << k) ? high[k] : low[k]));
      for (const quad of [[1, 3, 7, 5], [2, 0, 4, 6], [3, 2, 6, 7], [0, 1, 5, 4], [4, 5, 7, 6], [2, 3, 1, 0]])
        for (const i of [0, 1, 2, 0, 2, 3]) points.push(...corner(quad[i]));
    }
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(new Float32Array(points), 3));
  const frame = new THREE.Group();
  for (const isHidden of [false, true]) {
    const material = new THREE.MeshBasicMaterial({ transparent: isHidden, opacity: isHidden ? 0.14 : 1, depthTest: !isHidden });
    const edges = new THREE.Mesh(geometry, material);
    edges.renderOrder = isHidden ? 4 : 3;
    frame.add(edges);
  }
  return frame;
}

function makeArrow(start, end, colour) {
  const way = end.clone().sub(start), length = way.length(), head = Math.min(0.22, 0.4 * length);
  const turn = new THREE.Quaternion().setFromUnitVectors(new THREE.Vector3(0, 1, 0), way.clone().normalize());
  const arrow = new THREE.Group();
  const add = (top, bottom, tall, middle) => {
    const material = new THREE.MeshBasicMaterial({ color: colour, depthTest: false, transparent: true, opacity: 0.92 });
    const part = new THREE.Mesh(new THREE.CylinderGeometry(top, bottom, tall, 14), material);
    part.position.copy(start).addScaledVector(way, middle / length);
    part.quaternion.copy(turn);
    part.renderOrder = 5;
    arrow.add(part);
  };
  add(0.018, 0.018, length - head, (length - head) / 2);
  add(0, 0.07, head, length - head / 2);
  return arrow;
}
