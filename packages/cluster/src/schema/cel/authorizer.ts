/** The `authorizer` variable of admission expressions: builds a question step by step, then asks (Kubernetes `authz` library). */
import type { Declarations } from './library.ts';
import type { Opaque } from './values.ts';

/** One question; `path` is set for non-resource requests, the others for resources. */
export interface AuthorizationQuestion {
  verb: string;
  path?: string;
  group?: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  fieldSelector?: string;
  labelSelector?: string;
  /** Set when asked for an account instead of the user of the request. */
  serviceAccount?: { namespace: string; name: string };
}

export interface AuthorizationAnswer {
  allowed: boolean;
  reason?: string;
  /** Why the question could not be answered. */
  error?: string;
}

/** Answers at once; must not throw. */
export type Decide = (question: AuthorizationQuestion) => AuthorizationAnswer;

const AUTHORIZER = 'kubernetes.authorization.Authorizer';
const PATH = 'kubernetes.authorization.PathCheck';
const GROUP = 'kubernetes.authorization.GroupCheck';
export const RESOURCE_CHECK = 'kubernetes.authorization.ResourceCheck';
const DECISION = 'kubernetes.authorization.Decision';
/** CEL type of the variable `authorizer`. */
export const AUTHORIZER_TYPE = AUTHORIZER;

class Question implements Opaque {
  readonly celType: string;
  readonly decide: Decide;
  readonly parts: Omit<AuthorizationQuestion, 'verb'>;

  constructor(celType: string, decide: Decide, parts: Omit<AuthorizationQuestion, 'verb'>) {
    this.celType = celType;
    this.decide = decide;
    this.parts = parts;
  }

  with(celType: string, parts: Omit<AuthorizationQuestion, 'verb'>): Question {
    return new Question(celType, this.decide, { ...this.parts, ...parts });
  }

  equals(other: object): boolean {
    return this === other;
  }
}

class Decision implements Opaque {
  readonly celType = DECISION;
  readonly answer: AuthorizationAnswer;
  constructor(answer: AuthorizationAnswer) {
    this.answer = answer;
  }
  equals(other: object): boolean {
    return this === other;
  }
}

/** Value for the variable `authorizer`. */
export function authorizerValue(decide: Decide): Opaque {
  return new Question(AUTHORIZER, decide, {});
}

/** Value for the variable `authorizer.requestResource`. */
export function resourceCheckValue(
  decide: Decide,
  resource: Omit<AuthorizationQuestion, 'verb' | 'path'>,
): Opaque {
  return new Question(RESOURCE_CHECK, decide, resource);
}

const check = (question: Question, verb: string): Decision =>
  new Decision(question.decide({ ...question.parts, verb }));

export const authorizerFunctions: Declarations = [
  [`${AUTHORIZER}.path(string) -> ${PATH}`, (q: Question, path: string) => q.with(PATH, { path })],
  [
    `${AUTHORIZER}.group(string) -> ${GROUP}`,
    (q: Question, group: string) => q.with(GROUP, { group }),
  ],
  [
    `${AUTHORIZER}.serviceAccount(string, string) -> ${AUTHORIZER}`,
    (q: Question, namespace: string, name: string) =>
      q.with(AUTHORIZER, { serviceAccount: { namespace, name } }),
  ],
  [
    `${GROUP}.resource(string) -> ${RESOURCE_CHECK}`,
    (q: Question, resource: string) => q.with(RESOURCE_CHECK, { resource }),
  ],
  ...(['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'] as const).map(
    (part) =>
      [
        `${RESOURCE_CHECK}.${part}(string) -> ${RESOURCE_CHECK}`,
        (q: Question, value: string) => q.with(RESOURCE_CHECK, { [part]: value }),
      ] as const,
  ),
  [`${PATH}.check(string) -> ${DECISION}`, check],
  [`${RESOURCE_CHECK}.check(string) -> ${DECISION}`, check],
  [`${DECISION}.allowed() -> bool`, ({ answer }: Decision) => answer.allowed],
  [`${DECISION}.reason() -> string`, ({ answer }: Decision) => answer.reason ?? ''],
  [`${DECISION}.errored() -> bool`, ({ answer }: Decision) => answer.error !== undefined],
  [`${DECISION}.error() -> string`, ({ answer }: Decision) => answer.error ?? ''],
];
