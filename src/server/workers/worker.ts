// A worker: serves as one of several.

import { serve } from '../serve.js';
import { joinCrew } from './crew.js';
import { takePlace } from './place.js';

await serve(joinCrew(takePlace(process.env)));
