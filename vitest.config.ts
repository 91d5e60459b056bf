import { defineConfig } from 'vitest/config';
import { plainLine } from './scripts/plain-line-reporter.ts';

/**
 * Two projects: everything that shares a process nicely (`unit`), and what owns processes, ports or browsers (`process`).
 * Order is shuffled; the seed is printed, so that a failure can be repeated.
 */
export default defineConfig({
  test: {
    // without it, one less than the machine has, which leaves half of two cores idle
    maxWorkers: 3,
    reporters: ['default', plainLine],
    sequence: { shuffle: true },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          pool: 'threads',
          isolate: false,
          include: [
            'packages/*/src/**/*.test.{ts,tsx}',
            'test/unit/**/*.test.ts',
            'test/conformance/**/*.test.ts',
          ],
          testTimeout: 15_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'process',
          pool: 'forks',
          include: ['test/process/**/*.test.ts', 'docs/examples/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
