/** The failure of everything a container needs before it can start and that may heal: a missing ConfigMap, Secret, key. */

/** `message` is what kubelet puts into the container's waiting state; it names objects and keys, never values. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem';
}
