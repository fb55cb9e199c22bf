// The program of an exported page that holds the drawing page and the lab. The lab's worker runs the
// same program once more, where there is no document.

import { open } from './open.js';

if (typeof document === 'undefined') import('../lib/worker.js');
else open({ draw: () => import('../draw/page.js'), lab: () => import('../lab/page.js') });
