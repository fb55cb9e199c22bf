// The program of an exported page that holds the drawing page alone.

import { open } from './open.js';

open({ draw: () => import('../draw/page.js') });
