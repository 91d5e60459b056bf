/** The failure of everything a container needs before it can start and that may heal: a missing ConfigMap, Secret, key. */

/** `message` is what kubelet puts into the container's waiting state; it names objects and keys, never values. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem';
}

/** A volume that cannot be mounted yet. kubelet tells of it in events and leaves the container `ContainerCreating`. */
export class MountProblem extends ConfigProblem {
  constructor(volume: string, problem: ConfigProblem) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${problem.message}`);
  }
}
