// Small images and layers' outputs on canvases, pixel by pixel.
//
// A canvas holds exactly the image's pixels; CSS (`canvas.pixels`) enlarges it without blurring.

const MAPS_SHOWN = 64; // of a layer, by default
const MOST_PLAIN = 1e6; // larger numbers are written with an exponent
const VECTOR_COLUMNS = 32; // cells in a row where a map is one number

/**
 * The ImageData of a canvas, reused from frame to frame.
 *
 * @type {WeakMap<HTMLCanvasElement, { context: CanvasRenderingContext2D, data: ImageData }>}
 */
const surfaces = new WeakMap();

/**
 * A canvas's pixels, all transparent at first; the canvas gets that size.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
function surfaceOf(canvas, width, height) {
  let surface = surfaces.get(canvas);
  if (
    !surface ||
    canvas.width !== width ||
    canvas.height !== height ||
    surface.data.width !== width ||
    surface.data.height !== height
  ) {
    canvas.width = width;
    canvas.height = height;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    surface = { context, data: new ImageData(width, height) };
    surfaces.set(canvas, surface);
  }
  return surface;
}

/**
 * Shows an image.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} pixels  height × width × channels, 0 to 255
 * @param {readonly number[]} shape  height, width, channels: 1 is grey, 3 colours, 4 with opacity;
 *     of any other number the first is shown, as grey
 * @param {{ scale?: number }} [options]  CSS pixels a side of each; by default the style sheet decides
 */
export function drawPixels(canvas, pixels, [height, width, channels], { scale } = {}) {
  const { context, data } = surfaceOf(canvas, width, height);
  const bytes = data.data;
  const colour = channels === 3 || channels === 4;
  for (let from = 0, to = 0; to < bytes.length; from += channels, to += 4) {
    bytes[to] = pixels[from];
    bytes[to + 1] = pixels[colour ? from + 1 : from];
    bytes[to + 2] = pixels[colour ? from + 2 : from];
    bytes[to + 3] = channels === 4 ? pixels[from + 3] : 255;
  }
  context.putImageData(data, 0, 0);
  canvas.classList.add('pixels');
  if (scale) {
    canvas.style.width = `${width * scale}px`;
    canvas.style.height = `${height * scale}px`;
  }
}

/**
 * Returns the layout of maps: as wide a grid as fits the proportions.
 *
 * @param {readonly number[]} shape  height, width, channels
 * @param {{ columns?: number, most?: number, proportion?: number }} [options]  columns of maps; how
 *     many maps at most; width over height of the whole
 */
export function mapGrid(
  [height, width, channels],
  { columns, most = MAPS_SHOWN, proportion = 2 } = {},
) {
  const vector = height === 1 && width === 1;
  const shown = vector ? channels : Math.min(channels, most);
  const gap = vector ? 0 : 1;
  const fitting = vector
    ? VECTOR_COLUMNS
    : Math.round(Math.sqrt((shown * proportion * height) / width));
  const across = columns ?? (vector ? fitting : evenly(shown, fitting));
  const down = Math.ceil(shown / Math.max(1, across));
  return {
    shown,
    gap,
    columns: Math.ceil(shown / down),
    rows: down,
    width: Math.ceil(shown / down) * (width + gap) - gap,
    height: down * (height + gap) - gap,
  };
}

/**
 * Returns the number of columns that leaves no hole in the last row, if about as many as wanted do.
 *
 * @param {number} count
 * @param {number} wanted
 */
function evenly(count, wanted) {
  const near = (/** @type {number} */ n) => Math.abs(Math.log(n / Math.max(1, wanted)));
  let best = Math.max(1, Math.min(count, wanted));
  for (let n = 1; n <= count; n++) {
    if (count % n === 0 && near(n) < 0.75 && (count % best !== 0 || near(n) < near(best))) best = n;
  }
  return best;
}

/**
 * Shows a layer's outputs, or a kernel's values, as grey maps side by side: the least value black,
 * the largest white, one scale for all maps of the layer.
 *
 * @param {HTMLElement} target  a canvas; or any element, which gets a canvas and a line that tells the
 *     range
 * @param {ArrayLike<number>} values  height × width × channels
 * @param {readonly number[]} shape  height, width, channels: each channel is a map
 * @param {{ columns?: number, most?: number, proportion?: number, scale?: number, label?: string }} [options]
 *     `scale`: CSS pixels a side of each value; `label`: what the picture is, for those who can't see
 *     it; the others as for `mapGrid`
 * @returns {{ least: number, most: number }}  the range
 */
export function drawMaps(target, values, shape, { scale, label, ...options } = {}) {
  const canvas = target instanceof HTMLCanvasElement ? target : canvasIn(target);
  const [height, width, channels] = shape;
  const grid = mapGrid(shape, options);
  const { context, data } = surfaceOf(canvas, grid.width, grid.height);
  const bytes = data.data;
  let least = Infinity;
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const factor = most > least ? 255 / (most - least) : 0;
  for (let map = 0; map < grid.shown; map++) {
    const top = Math.floor(map / grid.columns) * (height + grid.gap);
    const left = (map % grid.columns) * (width + grid.gap);
    for (let r = 0; r < height; r++) {
      let to = 4 * ((top + r) * grid.width + left);
      let from = r * width * channels + map;
      for (let c = 0; c < width; c++, to += 4, from += channels) {
        const grey = (values[from] - least) * factor;
        bytes[to] = grey;
        bytes[to + 1] = grey;
        bytes[to + 2] = grey;
        bytes[to + 3] = 255;
      }
    }
  }
  context.putImageData(data, 0, 0);
  canvas.classList.add('pixels', 'maps');
  canvas.setAttribute('role', 'img');
  if (label) canvas.setAttribute('aria-label', label);
  if (scale) {
    canvas.style.width = `${grid.width * scale}px`;
    canvas.style.height = `${grid.height * scale}px`;
  }
  if (target !== canvas) {
    const rest = grid.shown < channels ? ` · ${grid.shown} of ${channels} maps` : '';
    const unit = (most - least) / 1000;
    const text = `${short(least, unit)} black, ${short(most, unit)} white${rest}`;
    const legend = /** @type {HTMLElement} */ (target.querySelector('.legend'));
    if (legend.textContent !== text) legend.textContent = text;
  }
  return { least, most };
}

/**
 * The canvas in an element, made with the line under it if there is none yet.
 *
 * @param {HTMLElement} container
 * @returns {HTMLCanvasElement}
 */
function canvasIn(container) {
  const there = container.querySelector('canvas');
  if (there) return there;
  const canvas = document.createElement('canvas');
  const legend = document.createElement('p');
  legend.className = 'legend small faint';
  container.append(canvas, legend);
  return canvas;
}

/**
 * A number in two digits or more; what is less than a unit is nothing.
 *
 * @param {number} value
 * @param {number} unit
 */
function short(value, unit) {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) < unit) return '0';
  const text =
    Math.abs(value) < MOST_PLAIN ? String(Number(value.toPrecision(2))) : value.toExponential(1);
  return text.replace('-', '−');
}

/**
 * An image with a line under it.
 *
 * @param {object} what
 * @param {ArrayLike<number>} what.pixels  height × width × channels, 0 to 255
 * @param {readonly number[]} what.shape  height, width, channels
 * @param {string} [what.caption]
 * @param {boolean} [what.right]  whether a prediction is right: ✓ or ✗, and a colour
 * @param {number} [what.scale]  CSS pixels a side of each pixel; 2
 * @returns {HTMLElement}  a figure
 */
export function imageTile({ pixels, shape, caption = '', right, scale = 2 }) {
  const figure = document.createElement('figure');
  figure.className = 'tile';
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  drawPixels(canvas, pixels, shape, { scale });
  const text = document.createElement('figcaption');
  const judged = right !== undefined;
  canvas.setAttribute(
    'aria-label',
    `${caption}${judged ? (right ? ', right' : ', wrong') : ''}` || 'image',
  );
  if (judged) text.className = right ? 'right' : 'wrong';
  text.textContent = judged ? `${right ? '✓' : '✗'} ${caption}` : caption;
  figure.append(canvas);
  if (text.textContent) figure.append(text);
  return figure;
}
