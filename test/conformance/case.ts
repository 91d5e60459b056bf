/**
 * What a conformance case is: requests whose answers were recorded from a real kube-apiserver and must be the same here.
 * `$ns` is a namespace of the case's own (with a ServiceAccount `default`), `$id` a word of its own for names outside of
 * namespaces and for API groups (`$id.example.com`). Both stand for themselves in the recorded answers.
 */
export interface ConformanceCase {
  /** Unique in its area; starts with what is asked for, as a test name would. */
  name: string;
  steps: Step[];
  /** About what controllers make: random parts of names are replaced, and the namespace is deleted in the end. */
  controllers?: boolean;
  /** Paths in answers that may differ (dotted, `*` is any one key or index; `0.body.…` is of the first recorded step), each with the reason. */
  differs?: Record<string, string>;
}

export interface Step {
  /** Method and path, with query: `POST /api/v1/namespaces/$ns/configmaps?dryRun=All`. */
  request: string;
  /** Sent as JSON, or as it is when it is text. */
  body?: unknown;
  /** Content type; `application/json` by default. */
  type?: string;
  accept?: string;
  /** More request headers; an empty one is left out, also of those that are always sent. */
  send?: Record<string, string>;
  /** Asked as this user, by impersonation. */
  as?: { user: string; groups?: string[] };
  /** Values of the answer for later steps: `{ rv: 'metadata.resourceVersion' }` is `$rv` there. */
  keep?: Record<string, string>;
  /**
   * Asks again until the value at the path is as text the one given, or there when it is `*`, for what takes its time on a
   * real server (CRD established, RBAC seen). `-` waits until there is none. Nothing of it is recorded or compared.
   */
  until?: Record<string, string>;
  /**
   * Asked for each item of a list, with its name as `$item`, once there are so many: what a kubelet would say of pods whose
   * names are random. The answers are not recorded.
   */
  forEach?: { list: string; count: number };
  /** The items of a list in the order of their text, as their names are random. */
  sorted?: boolean;
  /** Records a table without ages and prose, or of an OpenAPI document a digest of each schema. */
  shape?: 'table' | 'schemas';
  /** Reads so many events of a watch. */
  events?: number;
  /** Not compared and not recorded: prepares the case. */
  quiet?: boolean;
  /** Records managedFields, which are left out otherwise. */
  managedFields?: boolean;
  /** Answer headers to record. */
  headers?: string[];
}

export interface Area {
  name: string;
  cases: ConformanceCase[];
  /** Needs the controllers to run. */
  controllers?: boolean;
}

/** One step's answer: status code and body, after normalising. */
export interface Answer {
  code: number;
  body?: unknown;
  headers?: Record<string, string>;
}
