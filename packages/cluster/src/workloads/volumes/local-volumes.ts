/** The folders of provisioned volumes on this machine. */
import { rm } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';

/** Removes one folder below `directory` with all it holds. Rejects for a path that is not strictly below it. */
export async function removeVolumeFolder(directory: string, path: string): Promise<void> {
  const inside = relative(directory, path);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside))
    throw new Error(`"${path}" is not a volume of this cluster`);
  await rm(path, { recursive: true, force: true });
}
