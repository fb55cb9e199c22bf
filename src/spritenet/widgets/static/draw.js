// A sheet to draw on with mouse, finger or pen. Its pixels go to Python, whose answer comes back.

const PEN = 22; // pixels
const PAUSE = 120; // milliseconds between two predictions of a stroke

/** @param {string} name @param {Partial<CSSStyleDeclaration>} style @param {...(Node | string)} children */
function element(name, style, ...children) {
  const made = document.createElement(name);
  Object.assign(made.style, style);
  made.append(...children);
  return made;
}

/** @param {HTMLCanvasElement} canvas @returns {Uint8Array} the ink, 0 to 255 */
function inkOf(canvas) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
}

/**
 * @param {{ model: any, el: HTMLElement }} view
 * @returns {() => void}
 */
function render({ model, el }) {
  const side = model.get('side');
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  canvas.tabIndex = 0;
  canvas.setAttribute('aria-label', 'Sheet to draw on; Delete clears it');
  Object.assign(canvas.style, { background: '#000', borderRadius: '6px', touchAction: 'none' });
  canvas.style.cursor = 'crosshair';
  const context = /** @type {CanvasRenderingContext2D} */ (
    canvas.getContext('2d', { willReadFrequently: true })
  );
  Object.assign(context, { lineWidth: PEN, lineCap: 'round', lineJoin: 'round' });
  context.strokeStyle = '#fff';
  const clear = () => {
    context.fillStyle = '#000';
    context.fillRect(0, 0, side, side);
  };
  clear();

  const verdict = element('div', { font: '600 28px sans-serif', minHeight: '36px' });
  verdict.setAttribute('role', 'status');
  const bars = element('div', { font: '13px sans-serif', whiteSpace: 'nowrap' });
  const seen = document.createElement('img');
  Object.assign(seen.style, { width: '84px', imageRendering: 'pixelated', display: 'none' });
  seen.alt = 'the image as the model sees it';
  const button = element('button', { marginTop: '6px' }, 'Clear');
  const left = element('div', {}, canvas, element('div', {}, button));
  const right = element('div', {}, verdict, bars, seen);
  el.append(element('div', { display: 'flex', gap: '20px', flexWrap: 'wrap' }, left, right));

  let drawing = false;
  let timer = 0;
  const send = () => {
    clearTimeout(timer);
    timer = 0;
    model.set('pixels', new DataView(inkOf(canvas).buffer));
    model.save_changes();
  };
  const wipe = () => {
    clearTimeout(timer);
    clear();
    model.set('pixels', new DataView(new ArrayBuffer(0)));
    model.save_changes();
  };
  /** @param {PointerEvent} event */
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const scale = side / box.width;
    return /** @type {const} */ ([
      (event.clientX - box.left) * scale,
      (event.clientY - box.top) * scale,
    ]);
  };
  canvas.addEventListener('pointerdown', (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    context.beginPath();
    context.moveTo(...place(event));
    context.lineTo(...place(event));
    context.stroke();
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!drawing) return;
    context.lineTo(...place(event));
    context.stroke();
    timer ||= window.setTimeout(send, PAUSE);
  });
  const lift = () => {
    if (drawing) send();
    drawing = false;
  };
  canvas.addEventListener('pointerup', lift);
  canvas.addEventListener('pointercancel', lift);
  canvas.addEventListener('keydown', (event) => {
    if (event.key !== 'Delete' && event.key !== 'Backspace') return;
    event.preventDefault();
    event.stopPropagation(); // Jupyter would delete the cell
    wipe();
  });
  button.addEventListener('click', wipe);

  const show = () => {
    verdict.textContent = model.get('verdict');
    seen.src = model.get('seen');
    seen.style.display = seen.getAttribute('src') ? 'block' : 'none';
    bars.replaceChildren(
      ...model.get('bars').map((/** @type {[string, number]} */ [name, probability]) => {
        const width = `${Math.round(140 * probability)}px`;
        const bar = element('span', { background: '#0072b2', height: '11px', width });
        const label = element('span', { width: '60px', overflow: 'hidden' }, name);
        const text = `${(100 * probability).toFixed(1)} %`;
        return element(
          'div',
          { display: 'flex', gap: '6px', alignItems: 'center' },
          label,
          bar,
          text,
        );
      }),
    );
  };
  model.on('change:verdict change:bars change:seen', show);
  show();
  return () => model.off('change:verdict change:bars change:seen', show);
}

export default { render };
