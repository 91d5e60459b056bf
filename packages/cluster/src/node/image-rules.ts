/** What an image means on this node: which registered rule runs it, or which local command. */
import type { Container, Pod } from '../workloads/objects.ts';
import { LOCAL_COMMAND, parseLocalCommand } from './local-command.ts';
import type { ContainerEngine } from './engine/container-engine.ts';
import type { ImageRule, StartTenant } from './tenant.ts';

export type PodMode = 'tenant' | 'process';

export type ContainerPlan =
  | { mode: 'tenant'; label: string; start: StartTenant }
  | {
      mode: 'process';
      label: string;
      argv: string[];
      env: Record<string, string>;
      isLocalCommand: boolean;
    }
  | { mode: 'engine'; label: string; engine: ContainerEngine };

/** Why a container waits for its image. */
export type ImageReason = 'ErrImagePull' | 'ErrImageNeverPull' | 'InvalidImageName';

/** The node cannot run this image. */
export class ImageProblem extends Error {
  override readonly name = 'ImageProblem';
  readonly reason: ImageReason;

  constructor(message: string, reason: ImageReason = 'ErrImagePull') {
    super(message);
    this.reason = reason;
  }
}

function ruleFor(
  images: ImageRule[],
  container: Container,
  podMode: PodMode,
): ImageRule | undefined {
  const { image = '', command = [], args = [] } = container;
  const matching = images.filter((rule) => rule.matches({ image, command, args }));
  const asProcess =
    podMode === 'process' ? matching.find((rule) => rule.run.mode === 'process') : undefined;
  return asProcess ?? matching[0];
}

/**
 * The annotation `kagent.dev/local-command` (first container of the pod only), else the first rule that matches; in mode
 * `process` the first matching rule that names a command. Undefined when nothing fits.
 */
export function planContainer(options: {
  images: ImageRule[];
  podMode: PodMode;
  pod: Pod;
  container: Container;
}): ContainerPlan | undefined {
  const { images, podMode, pod, container } = options;
  const local = pod.metadata.annotations?.[LOCAL_COMMAND];
  if (local !== undefined && pod.spec.containers[0]?.name === container.name) {
    return {
      mode: 'process',
      label: 'local command',
      argv: parseLocalCommand(local),
      env: {},
      isLocalCommand: true,
    };
  }
  const rule = ruleFor(images, container, podMode);
  if (rule === undefined) return undefined;
  if (rule.run.mode === 'tenant')
    return { mode: 'tenant', label: rule.name, start: rule.run.start };
  const argv = [...rule.run.command, ...(container.args ?? [])];
  return {
    mode: 'process',
    label: rule.name,
    argv,
    env: rule.run.env ?? {},
    isLocalCommand: false,
  };
}

/** What people are told about an image that nothing here runs. */
export function unknownImage(images: ImageRule[]): string {
  const known =
    images.length === 0
      ? 'none is registered'
      : `it knows ${images.map((rule) => rule.name).join(', ')}`;
  return (
    `the embedded node runs registered images only and pulls nothing (${known}); ` +
    `to run it all the same, start podman or docker; to run a program of this machine instead, set the pod annotation ${LOCAL_COMMAND}, e.g. '["node", "server.js"]'`
  );
}
