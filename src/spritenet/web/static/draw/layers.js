// The output of each layer for the drawing, as images.

import { drawMaps, mapGrid } from '../ui/pictures.js';

/** @typedef {import('../lib/model.js').Model} Model */

const WIDE = 216; // CSS pixels that a layer's pictures have
const HIGH = 120;
const UNSEEN = ['Rescaling', 'Flatten', 'Dropout']; // they show nothing that isn't shown beside them
const WORDS = /** @type {Record<string, string>} */ ({
  Conv2D: 'Convolution',
  MaxPooling2D: 'Max pooling: the largest of each square',
  AveragePooling2D: 'Average pooling: the mean of each square',
  GlobalAveragePooling2D: 'Global average pooling: the mean of each map',
  GlobalMaxPooling2D: 'Global max pooling: the largest of each map',
  SeparableConv2D: 'Separable convolution',
  BatchNormalization: 'Batch normalization: each map brought to mean 0, deviation 1',
  Dense: 'Dense: weighted sums of all values',
  Activation: 'Activation',
});

export class LayerPictures {
  /**
   * @param {HTMLElement} container
   * @param {Model} model
   */
  constructor(container, model) {
    this.container = container;
    this.model = model;
    this.visible = true;
    this.shown = model.layers.flatMap(({ className, name }, index) => {
      if (UNSEEN.includes(className)) return [];
      const shape = model.network.outputShapes[index];
      const figure = document.createElement('figure');
      const title = document.createElement('figcaption');
      const strong = document.createElement('strong');
      strong.textContent = WORDS[className] ?? className;
      const size = document.createElement('span');
      size.className = 'faint small';
      size.textContent = described(shape);
      title.append(strong, ' ', size);
      title.title = name;
      const place = document.createElement('div');
      figure.append(title, place);
      container.append(figure);
      const { width, height } = mapGrid(shape, { proportion: WIDE / HIGH });
      const scale = Math.max(1, Math.floor(Math.min(WIDE / width, HIGH / height, 24)));
      return [{ index, shape, place, scale, label: `${strong.textContent}: ${size.textContent}` }];
    });
    if ('IntersectionObserver' in window) {
      new IntersectionObserver((entries) => {
        this.visible = entries.some(({ isIntersecting }) => isIntersecting);
        if (this.visible && this.waiting) this.show(...this.waiting);
      }).observe(container);
    }
    /** The input to show once the layers are visible. @type {[Uint8Array, boolean] | null} */
    this.waiting = null;
  }

  /** @param {Uint8Array} input  what the network sees @param {boolean} empty  nothing */
  show(input, empty = false) {
    this.waiting = this.visible ? null : [input, empty];
    if (!this.visible) return;
    this.container.classList.toggle('empty', empty);
    const outputs = this.model.activations(input);
    for (const { index, shape, place, scale, label } of this.shown) {
      drawMaps(place, outputs[index].values, shape, { proportion: WIDE / HIGH, scale, label });
    }
  }
}

/** @param {number[]} shape */
function described([height, width, channels]) {
  if (height === 1 && width === 1) return channels === 1 ? '1 output' : `${channels} outputs`;
  return `${channels === 1 ? '1 map' : `${channels} maps`} of ${width}×${height}`;
}
