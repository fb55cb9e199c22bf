// The map of a data set's images: tiles where there is room for them, dots elsewhere.
'use strict';

/** @typedef {[number, number]} Point  x, y */
/**
 * The page's data: of each image a place from 0 to 1, its label and the images most like it; the width
 * and height of a tile, the tiles of a row, and the address of the picture that holds them.
 *
 * @typedef {object} MapValues
 * @property {string[]} classes
 * @property {Point[]} points
 * @property {string[]} labels
 * @property {number[][]} neighbours
 * @property {[number, number, number]} tile
 * @property {string} sheet
 */

{
  /** @param {string} id @returns {any} an element of the page */
  const at = (id) => document.getElementById(id);
  /** @type {MapValues} */
  const { classes, points, labels, neighbours, tile, sheet } = JSON.parse(at('values').textContent);
  const [width, height, columns] = tile;
  /** @type {HTMLCanvasElement} */
  const canvas = at('map');
  const context = contextOf(canvas);
  /** @type {HTMLElement} */
  const chosenBox = at('chosen');
  /** @type {HTMLSelectElement} */
  const picker = at('class');
  const colours = new Map(
    [...new Set(labels)].map((label) => {
      const number = classes.indexOf(label);
      const hue = (Math.max(0, number) * 360) / Math.max(1, classes.length);
      return [label, `hsl(${hue} 65% 50%)`];
    }),
  );
  const tiles = new Image();
  const view = { x: 0.5, y: 0.5, zoom: 1 };
  let chosen = -1;
  /** @type {Point} */
  let drag = [0, 0];
  /** @type {Map<number, Point>} */
  const pointers = new Map();

  const scale = () => Math.min(canvas.clientWidth, canvas.clientHeight) * 0.9 * view.zoom;
  /** @param {Point} point  of the map @returns {Point} of the canvas, in CSS pixels */
  const screen = ([x, y]) => [
    (x - view.x) * scale() + canvas.clientWidth / 2,
    (y - view.y) * scale() + canvas.clientHeight / 2,
  ];
  /** @param {number} number */
  const shown = (number) => !picker.value || labels[number] === picker.value;

  /** @param {HTMLCanvasElement} from */
  function contextOf(from) {
    return /** @type {CanvasRenderingContext2D} */ (from.getContext('2d'));
  }

  /**
   * @param {CanvasRenderingContext2D} to
   * @param {number} number
   * @param {number} left
   * @param {number} top
   * @param {number} size  its width
   */
  function drawTile(to, number, left, top, size) {
    const x = (number % columns) * width;
    const y = Math.floor(number / columns) * height;
    const tall = (size * height) / width;
    to.drawImage(tiles, x, y, width, height, left, top, size, tall);
  }

  function draw() {
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.imageSmoothingEnabled = false;
    const size = Math.min(48, Math.max(6, (scale() / Math.sqrt(points.length)) * 0.7));
    const near = new Set(chosen >= 0 ? neighbours[chosen] : []);
    points.forEach((point, number) => {
      if (!shown(number)) return;
      const [x, y] = screen(point);
      if (x < -size || y < -size) return;
      if (x > canvas.clientWidth + size || y > canvas.clientHeight + size) return;
      context.fillStyle = colours.get(labels[number]) ?? '';
      if (size < 10 || !tiles.complete) {
        context.beginPath();
        context.arc(x, y, size / 3, 0, 7);
        context.fill();
      } else {
        context.fillRect(x - size / 2 - 1, y - size / 2 - 1, size + 2, size + 2);
        drawTile(context, number, x - size / 2, y - size / 2, size);
      }
      if (number === chosen || near.has(number)) {
        context.strokeStyle = getComputedStyle(canvas).color;
        context.lineWidth = number === chosen ? 3 : 1.5;
        context.strokeRect(x - size / 2 - 3, y - size / 2 - 3, size + 6, size + 6);
      }
    });
  }

  /** @param {number} number @param {number} size  its width in pixels */
  function picture(number, size) {
    const own = document.createElement('canvas');
    own.width = size;
    own.height = Math.round((size * height) / width);
    own.setAttribute('role', 'img');
    own.setAttribute('aria-label', `image ${number}, ${labels[number]}`);
    const to = contextOf(own);
    to.imageSmoothingEnabled = false;
    drawTile(to, number, 0, 0, size);
    return own;
  }

  /** @param {number} number */
  function choose(number) {
    if (number === chosen || number < 0) return;
    chosen = number;
    const title = document.createElement('p');
    title.textContent = `Image ${number}: ${labels[number]}`;
    const alike = document.createElement('p');
    const same = neighbours[number].filter((other) => labels[other] === labels[number]).length;
    alike.textContent = `Most alike, ${same} of ${neighbours[number].length} with the same label:`;
    chosenBox.replaceChildren(
      title,
      picture(number, 112),
      alike,
      ...neighbours[number].map((other) => picture(other, 56)),
    );
    draw();
  }

  /** @param {number} x @param {number} y @returns {number} an image, or -1 */
  function nearestTo(x, y) {
    let best = -1;
    let least = 40 ** 2;
    points.forEach((point, number) => {
      if (!shown(number)) return;
      const [left, top] = screen(point);
      const distance = (left - x) ** 2 + (top - y) ** 2;
      if (distance < least) [best, least] = [number, distance];
    });
    return best;
  }

  /** @param {number} factor @param {number} [x]  the point that stays @param {number} [y] */
  function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
    const before = scale();
    view.zoom = Math.min(60, Math.max(0.5, view.zoom * factor));
    const change = 1 / before - 1 / scale();
    view.x += (x - canvas.clientWidth / 2) * change;
    view.y += (y - canvas.clientHeight / 2) * change;
    draw();
  }

  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
    drag = [event.offsetX, event.offsetY];
    choose(nearestTo(event.offsetX, event.offsetY));
  });
  canvas.addEventListener('pointermove', (event) => {
    /** @type {Point} */
    const now = [event.offsetX, event.offsetY];
    if (!pointers.has(event.pointerId)) {
      choose(nearestTo(...now));
      return;
    }
    const spread = () => {
      const [[a, b], [c, d]] = [...pointers.values()];
      return Math.hypot(a - c, b - d) || 1;
    };
    if (pointers.size === 2) {
      const before = spread();
      pointers.set(event.pointerId, now);
      zoom(spread() / before);
    } else {
      view.x -= (now[0] - drag[0]) / scale();
      view.y -= (now[1] - drag[1]) / scale();
      drag = now;
      pointers.set(event.pointerId, now);
      draw();
    }
  });
  for (const end of /** @type {const} */ (['pointerup', 'pointercancel'])) {
    canvas.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
    },
    { passive: false },
  );
  canvas.addEventListener('keydown', (event) => {
    /** @type {Record<string, number>} */
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (event.key in steps) {
      let next = chosen;
      do {
        next = (next + steps[event.key] + points.length) % points.length;
      } while (!shown(next) && next !== chosen);
      choose(next);
    } else if (event.key === '+') zoom(1.4);
    else if (event.key === '-') zoom(1 / 1.4);
    else return;
    event.preventDefault();
  });
  picker.append(new Option('all', ''));
  picker.append(...[...colours.keys()].sort().map((one) => new Option(one, one)));
  picker.addEventListener('change', draw);
  const legend = [...colours].sort().slice(0, 24);
  at('legend').append(
    ...legend.map(([label, colour]) => {
      const line = document.createElement('li');
      const mark = document.createElement('i');
      mark.style.background = colour;
      line.append(mark, label);
      return line;
    }),
  );
  addEventListener('resize', draw);
  tiles.addEventListener('load', () => {
    draw();
    choose(0);
  });
  tiles.src = sheet;
}
