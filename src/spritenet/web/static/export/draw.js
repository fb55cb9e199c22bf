// The program of an exported page that holds the drawing page alone: a single scope, which takes fewer
// bytes than modules that are run on demand. Unpacking begins before the page's own modules run.

import './unpack.js';
import '../draw/page.js';
