// Starts several workers, where that is what the settings say.

import { availableParallelism } from 'node:os';
import { readProcessSettings } from '../../settings/process.js';
import { endWith, watchUncaught } from '../start-fault.js';

/** @returns false where one process is to serve: there is one core, or the settings want one */
export async function startWorkers(): Promise<boolean> {
  watchUncaught();
  try {
    const settings = readProcessSettings(process.env);
    const count = settings.workers === 'auto' ? availableParallelism() : settings.workers;
    if (count === 1) return false;
    const { runPrimary } = await import('./primary.js');
    await runPrimary(settings, count);
    return true;
  } catch (error) {
    return endWith(error);
  }
}
