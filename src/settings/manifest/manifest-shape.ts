// Says whether a value has the shape of a manifest.

import { createAjv } from './ajv.js';
import type { Manifest } from './model.js';
import { MANIFEST_SHAPE } from './shape.js';

/** Compiled here; in the bundle it is the code that ajv wrote of the same schema when the bundle was made, as compiling takes a tenth of a start. */
export const hasManifestShape = createAjv().compile<Manifest>(MANIFEST_SHAPE);
