/** All that is compared with a real API server. */
import type { Area } from './case.ts';
import { DISCOVERY } from './cases/discovery.ts';

export const AREAS: readonly Area[] = [DISCOVERY];
