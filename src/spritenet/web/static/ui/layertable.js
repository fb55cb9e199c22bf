// A network as a table: each layer's name, what it makes of an image, and how many numbers it learns.

/** @typedef {{ name: string, className: string, config: Readonly<Record<string, any>> }} Layer  as in `model.layers` */

/**
 * Shows the layers in a container, in place of what is there.
 *
 * @param {HTMLElement} container
 * @param {object} network
 * @param {readonly Layer[]} network.layers
 * @param {readonly (readonly number[])[]} network.outputShapes  of each: height, width, channels; or a count
 * @param {readonly number[]} network.parameters  how many numbers each learns
 * @param {string} [network.caption]
 */
export function layerTable(
  container,
  { layers, outputShapes, parameters, caption = 'Layers, first to last' },
) {
  const table = document.createElement('table');
  table.className = 'layers';
  table.createCaption().textContent = caption;
  const head = table.createTHead().insertRow();
  for (const [text, kind] of /** @type {const} */ ([
    ['layer', ''],
    ['', ''],
    ['output', 'number'],
    ['parameters', 'number'],
  ])) {
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
    const words = row.insertCell();
    words.textContent = inWords(layer);
    words.className = 'faint';
    for (const text of [
      shapeText(outputShapes[i]),
      parameters[i] ? parameters[i].toLocaleString('en') : '–',
    ]) {
      const cell = row.insertCell();
      cell.textContent = text;
      cell.className = 'number';
    }
  });
  const row = table.createTFoot().insertRow();
  const whole = document.createElement('th');
  whole.scope = 'row';
  whole.textContent = 'in all';
  row.append(whole, document.createElement('td'), document.createElement('td'));
  const sum = row.insertCell();
  sum.className = 'number';
  sum.textContent = parameters.reduce((total, count) => total + count, 0).toLocaleString('en');
  const scroll = document.createElement('div');
  scroll.className = 'scroll';
  scroll.append(table);
  container.replaceChildren(scroll);
}

/**
 * 24×24×8, or 10; the core's 1×1×10 is 10 too.
 *
 * @param {readonly number[]} shape
 */
export function shapeText(shape) {
  const flat = shape.length === 3 && shape[0] === 1 && shape[1] === 1;
  return flat ? String(shape[2]) : shape.join('×');
}

/**
 * What a layer does, in a few words.
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
    case 'Flatten':
      return 'all in one row';
    case 'Dense':
      return `${config.units} outputs${end}`;
    case 'Dropout':
      return `${Math.round(100 * config.rate)} % left out while training`;
    case 'Activation':
      return config.activation;
    default:
      return className;
  }
}
