/**
 * The contract between the node and an image it knows. The composition root registers images; the node runs a container
 * of such an image as a tenant of its own process (a start function) or as a local process (a command).
 */

/** What a container sees of its pod: everything Kubernetes would give a real one, without a process around it. */
export interface ContainerContext {
  namespace: string;
  podName: string;
  podUID: string;
  /** The pod's own address, e.g. `127.1.0.7`; the container listens here. */
  podIP: string;
  containerName: string;
  image: string;
  command: string[];
  args: string[];
  /** Resolved: valueFrom, envFrom and `$(VAR)` expansion are done. */
  env: Record<string, string>;
  /** Reads a file of a mounted volume by its path inside the container, e.g. `/config/config.json`. */
  readFile(path: string): string | undefined;
  /** Appends one line to the container's log. */
  log(line: string): void;
  /** Aborts when the container must stop; after the grace period the node stops waiting. */
  signal: AbortSignal;
  /** Cluster DNS and Service routing: where a connection to host:port must really go; undefined = not a cluster name. */
  resolve(host: string, port: number): { host: string; port: number } | undefined;
  /**
   * Where to bind a server that serves `port` of the pod. Without it: `podIP` and the port itself. Where a machine has
   * only 127.0.0.1, this is 127.0.0.1 and a free port, and `resolve(podIP, port)` leads there.
   */
  listen(port: number): Promise<{ host: string; port: number }>;
}

/** A running tenant. */
export interface Tenant {
  /** Settles when the container ends by itself: the exit code. Never rejects. */
  exited: Promise<number>;
  /** Graceful stop; idempotent. */
  stop(): Promise<void>;
}

/** Starts a container inside this process. A rejection is a failed start (shown as the container's termination message). */
export type StartTenant = (context: ContainerContext) => Promise<Tenant>;

export type ImageRun =
  | { mode: 'tenant'; start: StartTenant }
  /** Runs a local command; the container's args are appended unless `args` is given. */
  | { mode: 'process'; command: string[]; env?: Record<string, string> };

export interface ImageRule {
  /** Shown in events and `kubectl describe`, e.g. `kagent engine`. */
  name: string;
  matches(container: { image: string; command: string[]; args: string[] }): boolean;
  run: ImageRun;
}
