/** How the API server reaches container logs; the node implements it. */

export interface PodLogQuery {
  namespace: string;
  pod: string;
  /** The API server has filled this in; it is a container of the pod. */
  container: string;
  /** Keep the stream open for new lines until the container ends or `signal` aborts. */
  follow: boolean;
  /** Only the last lines. */
  tailLines?: number;
  /** The instance of the container before the last restart. */
  previous: boolean;
  /** Prefix each line with its RFC 3339 time. */
  timestamps: boolean;
  /** Only lines written at or after this time, in milliseconds since the epoch. */
  since?: number;
  limitBytes?: number;
  signal?: AbortSignal;
}

export interface PodLogs {
  /**
   * The log text in chunks, whole lines with their newline. Resolves to undefined when there is no such log (the
   * container never started, or has no previous instance).
   */
  read(query: PodLogQuery): Promise<AsyncIterable<string> | undefined>;
}
