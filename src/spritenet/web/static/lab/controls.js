// The buttons of a training: which can be pressed in which state. Focus stays among them.

import { at } from './elements.js';

/** @typedef {import('./trainer.js').State} State */
/**
 * The situation that the buttons show.
 *
 * @typedef {object} Situation
 * @property {boolean} ready  there are images, and the form is right
 * @property {boolean} images  there are images
 * @property {boolean} trained
 * @property {boolean} goesOn  the next training goes on with the network that is there
 * @property {boolean} network  there is one
 */

let isLost = false; // the focus, with a button that was disabled

const BUTTONS = ['start', 'pause', 'stop', 'reset', 'test', 'save', 'load', 'save-int8', 'save-c'];

/**
 * Enables and names the buttons.
 *
 * @param {State} state
 * @param {Situation} now
 */
export function showControls(state, { ready, images, trained, goesOn, network }) {
  const idle = state === 'idle';
  const focused = BUTTONS.find((id) => at(id) === document.activeElement);
  at('start').disabled = !idle || !ready;
  at('start').textContent = idle ? (goesOn ? 'Train on' : 'Start') : 'Training …';
  at('pause').disabled = state !== 'running' && state !== 'paused';
  at('pause').textContent = state === 'paused' ? 'Go on' : 'Pause';
  at('stop').disabled = idle || state === 'stopping';
  at('stop').textContent = 'Stop';
  at('stop').title = '';
  at('reset').disabled = !trained || state === 'stopping';
  at('test').disabled = !idle || !network;
  at('save').disabled = !network || state === 'starting';
  for (const id of ['save-int8', 'save-c']) at(id).disabled = !idle || !network;
  at('load').disabled = !idle || !images;
  document.body.dataset.state = state;
  // A button that is disabled loses the focus, and with it the keyboard its place.
  if (focused) isLost = at(focused).disabled;
  const place = at(idle ? 'start' : 'stop');
  if (!isLost || place.disabled) return;
  if (focused || document.activeElement === document.body) place.focus();
  isLost = false;
}

/** Lets Stop end the step that is being computed, with the network. */
export function offerToGiveUp() {
  at('stop').disabled = false;
  at('stop').textContent = 'Stop now';
  at('stop').title = 'Ends the step at once. The network is lost.';
}

/** Links to the page's parts; that to the drawing area goes to the area itself. */
export function listenToLinks() {
  for (const link of document.querySelectorAll('.jump a')) {
    link.addEventListener('click', (event) => {
      const target = at(/** @type {HTMLAnchorElement} */ (link).hash.slice(1));
      event.preventDefault(); // the address is the exported page's own
      target.scrollIntoView({ block: 'start' });
      const place = target.id === 'pad-panel' ? at('pad') : target;
      if (place === target) target.tabIndex = -1;
      place.focus({ preventScroll: true });
    });
  }
}
