// Inside the network: its layers in a table, its filters, and the activations of one image.

import { drawMaps, drawPixels, mapGrid } from '../ui/pictures.js';
import { layerTable, shapeText } from '../ui/layertable.js';
import { inferShapes, size } from '../lib/shapes.js';

/** @typedef {import('../lib/remote-model.js').RemoteModel} RemoteModel */

const UNSEEN = ['Rescaling', 'Flatten', 'Dropout']; // they show nothing that isn't shown beside them
const WIDE = 220; // CSS pixels that a layer's pictures may have
const HIGH = 130;

export class Inside {
  /** @param {{ table: HTMLElement, filters: HTMLElement, layers: HTMLElement, image: HTMLCanvasElement, title: HTMLElement }} places */
  constructor(places) {
    this.places = places;
    /** @type {RemoteModel | null} */
    this.model = null;
    /** @type {Uint8Array | null} */
    this.image = null;
    this.busy = false;
    this.again = false;
    this.shape = '';
  }

  /** @param {RemoteModel | null} model */
  begin(model) {
    this.model = model;
    for (const place of [this.places.filters, this.places.layers, this.places.table]) {
      place.replaceChildren();
    }
    if (!model) return;
    const parameters = inferShapes(model.layers, model.inputShape).weights.map((weights) =>
      weights.reduce((sum, { shape }) => sum + size(shape), 0),
    );
    layerTable(this.places.table, {
      layers: model.layers,
      outputShapes: model.outputShapes,
      parameters,
      caption: 'Its layers, first to last',
    });
    void this.refresh();
  }

  /** @param {Uint8Array} image @param {readonly number[]} shape @param {string} title */
  look(image, shape, title) {
    this.image = image;
    drawPixels(this.places.image, image, shape);
    this.places.image.setAttribute('aria-label', title);
    this.places.title.textContent = title;
    void this.refresh();
  }

  /** Asks the worker, one question at a time. */
  async refresh() {
    const { model, image } = this;
    if (!model) return;
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      const first = model.layers.findIndex(({ className }) => className === 'Conv2D');
      if (first >= 0) {
        this.filters(
          (await model.weights).find(({ name }) => name === `${model.layers[first].name}/kernel`),
        );
      }
      if (image && image.length === model.inputShape.reduce((a, b) => a * b)) {
        const outputs = await model.activations(image);
        if (model === this.model) this.activations(model, outputs);
      }
    } catch {
      // The model was replaced meanwhile; whoever replaced it asks again.
    } finally {
      this.busy = false;
      if (this.again) {
        this.again = false;
        void this.refresh();
      }
    }
  }

  /** @param {{ shape: number[], values: Float32Array } | undefined} kernel  height, width, inputs, outputs */
  filters(kernel) {
    if (!kernel) return;
    const [height, width, inputs, outputs] = kernel.shape;
    const shape = [height, width, inputs * outputs];
    const place = figureIn(
      this.places.filters,
      'filters',
      'Filters of its first convolution: the patterns it looks for',
      `${outputs} filters of ${width}×${height}`,
    );
    drawMaps(place, kernel.values, shape, {
      scale: scaleFor(shape),
      proportion: WIDE / HIGH,
      label: `${outputs} filters`,
    });
  }

  /**
   * @param {RemoteModel} model
   * @param {{ name: string, shape: number[], values: Float32Array }[]} outputs
   */
  activations(model, outputs) {
    model.layers.forEach(({ className, name }, i) => {
      if (UNSEEN.includes(className)) return;
      const { shape, values } = outputs[i];
      const place = figureIn(this.places.layers, name, name, shapeText(shape));
      drawMaps(place, values, shape, {
        scale: scaleFor(shape),
        proportion: WIDE / HIGH,
        label: `${name}: ${shapeText(shape)}`,
      });
    });
  }
}

/** @param {number[]} shape */
function scaleFor(shape) {
  const { width, height } = mapGrid(shape, { proportion: WIDE / HIGH });
  return Math.max(1, Math.floor(Math.min(WIDE / width, HIGH / height, 24)));
}

/**
 * The place for a picture in a container, made with its title if it isn't there.
 *
 * @param {HTMLElement} container
 * @param {string} key
 * @param {string} title
 * @param {string} words
 */
function figureIn(container, key, title, words) {
  const there = /** @type {HTMLElement | null} */ (
    container.querySelector(`[data-key="${CSS.escape(key)}"] > div`)
  );
  if (there) return there;
  const figure = document.createElement('figure');
  figure.dataset.key = key;
  const caption = document.createElement('figcaption');
  const strong = document.createElement('strong');
  strong.textContent = title;
  const rest = document.createElement('span');
  rest.className = 'faint small';
  rest.textContent = words;
  caption.append(strong, ' ', rest);
  const place = document.createElement('div');
  figure.append(caption, place);
  container.append(figure);
  return place;
}
