// The start of a page that waits for its files itself: `window.SPRITENET` is their promise, then they.

import { began, files, show } from './open.js';

began();
const SPRITENET = files(show());
Object.assign(window, { SPRITENET });
SPRITENET.then(
  (found) => Object.assign(window, { SPRITENET: found }),
  () => {}, // the page says so
);
