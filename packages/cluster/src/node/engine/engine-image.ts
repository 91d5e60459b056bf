/** Makes sure an image is there: `imagePullPolicy` with the texts kubelet has for what happens. */
import type { Container } from '../../workloads/objects.ts';
import { ImageProblem } from '../image-rules.ts';
import { engineProblem } from './container-engine.ts';
import type { ContainerEngine } from './container-engine.ts';

const PULL_TIMEOUT_MS = 30 * 60_000;
const REFERENCE = /^[a-zA-Z0-9][\w./:@-]*$/;

export interface EngineImage {
  /** `sha256:…` or the id as the engine gives it. */
  id: string;
  /** Text of the event `Pulled`. */
  message: string;
}

async function inspect(
  engine: ContainerEngine,
  image: string,
): Promise<{ id: string; bytes: number } | undefined> {
  const result = await engine.call(['image', 'inspect', '--format', '{{.Id}} {{.Size}}', image]);
  if (result.code !== 0) return undefined;
  const [id = '', bytes = '0'] = result.stdout.trim().split(' ');
  return { id: id.startsWith('sha256:') ? id : `sha256:${id}`, bytes: Number(bytes) };
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}ms` : `${Number((ms / 1000).toFixed(3))}s`;
}

/** `pulling` is called before anything is fetched. Throws ImageProblem. */
export async function ensureImage(
  engine: ContainerEngine,
  container: Container,
  options: { pulling(): void; now(): number },
): Promise<EngineImage> {
  const { image = '', imagePullPolicy: policy } = container;
  if (!REFERENCE.test(image)) {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
    throw new ImageProblem(message, 'InvalidImageName');
  }
  const present = policy === 'Always' ? undefined : await inspect(engine, image);
  if (present !== undefined) {
    const message = `Container image "${image}" already present on machine and can be accessed by the pod`;
    return { id: present.id, message };
  }
  if (policy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    throw new ImageProblem(message, 'ErrImageNeverPull');
  }
  options.pulling();
  const startedAt = options.now();
  const pulled = await engine.call(['pull', '--quiet', image], PULL_TIMEOUT_MS);
  if (pulled.code !== 0) throw new ImageProblem(engineProblem(pulled));
  const found = await inspect(engine, image);
  if (found === undefined)
    throw new ImageProblem(`${engine.name} does not find the image it pulled`);
  const took = seconds(options.now() - startedAt);
  const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${found.bytes} bytes.`;
  return { id: found.id, message };
}
