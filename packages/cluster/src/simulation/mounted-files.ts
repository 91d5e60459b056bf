/** What a simulated container finds below its mounts. */
import { ConfigProblem } from '../node/config-problem.ts';
import type { ConfigSource, PodFacts } from '../node/config-source.ts';
import { readMounted, volumeFiles } from '../node/volumes.ts';
import type { VolumeInput } from '../node/volumes.ts';
import type { Container, Volume } from '../workloads/objects.ts';

function namesIn(input: VolumeInput, volume: Volume): string[] {
  try {
    return [...volumeFiles(input, volume).keys()];
  } catch (error) {
    if (error instanceof ConfigProblem) return [];
    throw error;
  }
}

/** Content and paths of mounted files. Tokens are not shown: nobody here has one. */
export function mountedFiles(
  facts: PodFacts,
  container: Container,
  source: ConfigSource,
): { read(path: string): Uint8Array | undefined; files(): string[] } {
  const input: VolumeInput = { facts, source, token: () => '(simulated)' };
  return {
    read: (path) => readMounted(input, container, path),
    files: () =>
      (container.volumeMounts ?? []).flatMap(({ name, mountPath, subPath = '' }) => {
        const root = mountPath.replace(/\/$/, '');
        const volume = facts.pod.spec.volumes?.find((candidate) => candidate.name === name);
        const names = volume === undefined ? [] : namesIn(input, volume);
        if (names.includes(subPath)) return [root];
        const below = subPath === '' ? '' : `${subPath}/`;
        const shown = names.filter((path) => path.startsWith(below));
        return [`${root}/`, ...shown.map((path) => `${root}/${path.slice(below.length)}`)];
      }),
  };
}
