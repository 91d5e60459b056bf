/**
 * Containers that a killed node left on its engine. A marker in the node's folder says whether an engine was ever used, so
 * that a start without containers asks none.
 */
import { access, rm, writeFile } from 'node:fs/promises';

import type { Logger } from '@kagent/kube';

import { engineProblem } from './container-engine.ts';
import type { EngineFinder } from './container-engine.ts';
import { OWNER_LABEL } from './run-arguments.ts';

/** An engine finder that remembers on disk that it found one. */
export interface EngineLeftovers extends EngineFinder {
  /** Removes the containers of an earlier run of this node. Never rejects. */
  sweep(): Promise<void>;
}

export function createEngineLeftovers(options: {
  finder: EngineFinder;
  /** Path of the marker. */
  marker: string;
  owner: string;
  logger: Logger;
}): EngineLeftovers {
  const { finder, marker, owner, logger } = options;
  let isMarked = false;
  return {
    async find() {
      const engine = await finder.find();
      if (engine === undefined || isMarked) return engine;
      isMarked = true;
      await writeFile(marker, `${engine.name}\n`, { mode: 0o600 }).catch(() => {});
      return engine;
    },
    async sweep() {
      const wasUsed = await access(marker).then(
        () => true,
        () => false,
      );
      if (!wasUsed) return;
      const engine = await finder.find();
      if (engine === undefined) return;
      const filter = `label=${OWNER_LABEL}=${owner}`;
      const listed = await engine.call(['ps', '--all', '--quiet', '--filter', filter]);
      const ids = listed.stdout.split('\n').filter((line) => /^[0-9a-f]+$/.test(line));
      const removed = ids.length === 0 ? listed : await engine.call(['rm', '--force', ...ids]);
      if (removed.code !== 0) {
        logger.warn({ error: engineProblem(removed) }, 'containers of an earlier run are left');
        return;
      }
      if (ids.length > 0)
        logger.info({ removed: ids.length }, 'containers of an earlier run were removed');
      await rm(marker, { force: true });
    },
  };
}
