/** The port through which metrics.k8s.io learns what nodes and pods use. */

/** What is used at the moment of the call. */
export interface ResourceUsage {
  /** Cores; 0.25 is 250m. */
  cpu: number;
  /** Working set in bytes. */
  memory: number;
}

export interface NodeUsage extends ResourceUsage {
  name: string;
  /** Instant of the measurement, milliseconds since the epoch. */
  time: number;
  /** Length of the measured interval in milliseconds. */
  windowMs: number;
}

export interface PodUsage {
  namespace: string;
  name: string;
  /** Running containers only. */
  containers: ({ name: string } & ResourceUsage)[];
  time: number;
  windowMs: number;
}

/** Pods without a running container are left out, as metrics-server does. Cheap; must not throw. */
export interface MetricsSource {
  /** Measures again where the last measurement is old; may take a second. Must not reject. Before `nodes` and `pods`. */
  refresh?(): Promise<void>;
  nodes(): NodeUsage[];
  pods(): PodUsage[];
}
