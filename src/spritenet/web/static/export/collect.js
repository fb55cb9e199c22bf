// The program of an exported page that holds Collect. Its worker runs the same program once more, where
// there is no document.

import { open } from './open.js';

if (typeof document === 'undefined') import('../lib/worker.js');
else open({ collect: () => import('../collect/page.js') });
