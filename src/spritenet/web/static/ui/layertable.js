// A network as a table: each layer's name, output shape and parameters, and its inputs where it branches.

/**
 * @typedef {object} Layer  as in `model.layers`
 * @property {string} name
 * @property {string} className
 * @property {Readonly<Record<string, any>>} config
 * @property {boolean} [trainable]  false: frozen
 * @property {readonly string[]} [inputs]  names of layers; '' is the image
 */

/**
 * Shows the layers in a container, in place of what is there.
 *
 * @param {HTMLElement} container
 * @param {object} network
 * @param {readonly Layer[]} network.layers
 * @param {readonly (readonly number[])[]} network.outputShapes  of each: height, width, channels; or a count
 * @param {readonly number[]} network.parameters  the number of each layer's parameters
 * @param {string} [network.caption]
 */
export function layerTable(
  container,
  { layers, outputShapes, parameters, caption = 'Layers, first to last' },
) {
  const branches = hasBranches(layers);
  const table = document.createElement('table');
  table.className = branches ? 'layers branches' : 'layers';
  table.createCaption().textContent = caption;
  const head = table.createTHead().insertRow();
  for (const [text, kind] of [
    ['layer', ''],
    ['', ''],
    ...(branches ? [['connected to', '']] : []),
    ['output', 'number'],
    ['parameters', 'number'],
  ]) {
    const cell = document.createElement(text ? 'th' : 'td');
    if (text) cell.setAttribute('scope', 'col');
    cell.textContent = text;
    cell.className = kind;
    head.append(cell);
  }
  const body = table.createTBody();
  layers.forEach((layer, i) => {
    const row = body.insertRow();
    const name = document.createElement('th');
    name.scope = 'row';
    name.textContent = layer.name;
    row.append(name);
    /** @param {string} text @param {string} kind */
    const cell = (text, kind) => {
      const made = row.insertCell();
      made.textContent = text;
      made.className = kind;
    };
    cell(inWords(layer) + (layer.trainable === false && parameters[i] ? ', frozen' : ''), 'faint');
    if (branches) {
      cell((layer.inputs ?? []).map((each) => each || 'the image').join(', '), 'faint inputs');
    }
    cell(shapeText(outputShapes[i]), 'number');
    cell(parameters[i] ? parameters[i].toLocaleString('en') : '–', 'number');
  });
  const row = table.createTFoot().insertRow();
  const whole = document.createElement('th');
  whole.scope = 'row';
  whole.textContent = 'in all';
  row.append(whole);
  for (let i = 0; i < (branches ? 3 : 2); i++) row.insertCell();
  const sum = row.insertCell();
  sum.className = 'number';
  sum.textContent = parameters.reduce((total, count) => total + count, 0).toLocaleString('en');
  const scroll = document.createElement('div');
  scroll.className = 'scroll';
  scroll.append(table);
  container.replaceChildren(scroll);
}

/**
 * Returns true unless each layer takes the output of the one before, and nothing else.
 *
 * @param {readonly Layer[]} layers
 */
export function hasBranches(layers) {
  return layers.some(
    ({ inputs }, i) =>
      inputs && (inputs.length !== 1 || inputs[0] !== (i ? layers[i - 1].name : '')),
  );
}

/**
 * Returns a shape as text: 24×24×8, or 10; the core's 1×1×10 is 10 too.
 *
 * @param {readonly number[]} shape
 */
export function shapeText(shape) {
  const flat = shape.length === 3 && shape[0] === 1 && shape[1] === 1;
  return flat ? String(shape[2]) : shape.join('×');
}

/**
 * Returns a few words about a layer.
 *
 * @param {Layer} layer
 * @returns {string}
 */
export function inWords({ className, config }) {
  const end = config.activation && config.activation !== 'linear' ? `, ${config.activation}` : '';
  /** @param {readonly number[]} pair */
  const sides = (pair) => pair.join('×');
  const stride =
    config.strides && String(config.strides) !== String(config.pool_size ?? [1, 1])
      ? `, every ${sides(config.strides)}`
      : '';
  const same = config.padding === 'same' ? ', same size' : '';
  switch (className) {
    case 'Rescaling':
      return `times ${Number(config.scale.toPrecision(3))}${config.offset ? `, plus ${config.offset}` : ''}`;
    case 'Conv2D':
      return `${config.filters} filters of ${sides(config.kernel_size)}${stride}${same}${end}`;
    case 'MaxPooling2D':
      return `largest of ${sides(config.pool_size)}${stride}${same}`;
    case 'AveragePooling2D':
      return `mean of ${sides(config.pool_size)}${stride}${same}`;
    case 'GlobalAveragePooling2D':
      return 'mean of each map';
    case 'GlobalMaxPooling2D':
      return 'largest of each map';
    case 'DepthwiseConv2D':
      return `a filter of ${sides(config.kernel_size)} for each map${stride}${same}${end}`;
    case 'BatchNormalization':
      return 'each map normalized to mean 0, deviation 1';
    case 'ZeroPadding2D':
      return 'zeros around the image';
    case 'Add':
      return 'sum of its inputs';
    case 'Multiply':
      return 'product of its inputs';
    case 'Concatenate':
      return 'maps of its inputs, one after the other';
    case 'Flatten':
      return 'all in one row';
    case 'Dense':
      return `${config.units} outputs${end}`;
    case 'Dropout':
      return `${Math.round(100 * config.rate)} % dropped in training`;
    case 'Activation':
      return config.activation;
    default:
      return className;
  }
}
