/** Roles and bindings by subject, kept up to date by the storage's own events, so that no request lists anything. */
import type { Storage, StorageEvent, StoredValue } from '../../storage/storage.ts';
import { listAt, stringAt } from '../json.ts';
import { namesInKey, resourcePrefix } from '../object.ts';
import type { User } from '../request.ts';
import { rulesOf } from './policy-rule.ts';
import type { PolicyRule } from './policy-rule.ts';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';

export interface RoleRef {
  kind: 'Role' | 'ClusterRole';
  /** Of a Role. */
  namespace?: string;
  name: string;
}

/** One subject of one binding. */
export interface Grant {
  /** Where it holds; undefined = everywhere. */
  namespace?: string;
  role: RoleRef;
  /** For people: `ClusterRoleBinding "x" of ClusterRole "y" to Group "z"`. */
  description: string;
}

const plurals = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'] as const;
type Plural = (typeof plurals)[number];

const prefixOf = (plural: Plural) => resourcePrefix({ group: RBAC_GROUP, plural });

export class RbacIndex {
  readonly #rules = new Map<string, PolicyRule[]>();
  /** Subject → binding's key → grants. */
  readonly #grants = new Map<string, Map<string, Grant[]>>();
  /** Binding's key → its subjects. */
  readonly #subjects = new Map<string, string[]>();
  readonly #onChange: () => void;
  readonly #unsubscribe: (() => void)[];

  /** Reads what is stored and follows the storage until `close`. `onChange` runs after every change of the index. */
  constructor(storage: Storage, onChange: () => void) {
    this.#onChange = onChange;
    this.#unsubscribe = plurals.map((plural) => {
      const prefix = prefixOf(plural);
      for (const { key, value } of storage.list(prefix).entries) this.#set(plural, key, value);
      return storage.subscribe(prefix, (event) => this.#apply(plural, event));
    });
  }

  close(): void {
    for (const stop of this.#unsubscribe) stop();
  }

  /** Undefined when there is no such role. */
  rules(role: RoleRef): PolicyRule[] | undefined {
    return this.#rules.get(keyOfRole(role));
  }

  /** What is granted to the user or one of the groups, everywhere and in the namespace; everywhere first. */
  grants({ name, groups }: User, namespace: string | undefined): Grant[] {
    const all = [`u:${name}`, ...groups.map((group) => `g:${group}`)].flatMap((subject) =>
      [...(this.#grants.get(subject)?.values() ?? [])].flat(),
    );
    const everywhere = all.filter((grant) => grant.namespace === undefined);
    if (namespace === undefined || namespace === '') return everywhere;
    return [...everywhere, ...all.filter((grant) => grant.namespace === namespace)];
  }

  #apply(plural: Plural, event: StorageEvent): void {
    if (plural === 'roles' || plural === 'clusterroles') this.#rules.delete(event.key);
    else this.#unbind(event.key);
    if (event.type !== 'deleted') this.#set(plural, event.key, event.value);
    this.#onChange();
  }

  #set(plural: Plural, key: string, value: StoredValue): void {
    if (plural === 'roles' || plural === 'clusterroles') {
      this.#rules.set(key, rulesOf(value));
      return;
    }
    const { namespace, name } = namesInKey(prefixOf(plural), key);
    const role = roleOf(value, namespace);
    const binding =
      namespace === undefined
        ? `ClusterRoleBinding ${JSON.stringify(name)}`
        : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
    const subjects: string[] = [];
    for (const subject of listAt(value, 'subjects')) {
      const { id, description } = subjectOf(subject, namespace);
      subjects.push(id);
      const grants = this.#grants.get(id) ?? new Map<string, Grant[]>();
      this.#grants.set(id, grants);
      const grant: Grant = {
        namespace,
        role,
        description: `${binding} of ${role.kind} ${JSON.stringify(role.name)} to ${description}`,
      };
      grants.set(key, [...(grants.get(key) ?? []), grant]);
    }
    this.#subjects.set(key, subjects);
  }

  #unbind(key: string): void {
    for (const subject of this.#subjects.get(key) ?? []) {
      const grants = this.#grants.get(subject);
      grants?.delete(key);
      if (grants?.size === 0) this.#grants.delete(subject);
    }
    this.#subjects.delete(key);
  }
}

function keyOfRole({ kind, namespace, name }: RoleRef): string {
  return kind === 'ClusterRole'
    ? `${prefixOf('clusterroles')}${name}`
    : `${prefixOf('roles')}${namespace}/${name}`;
}

/** The role a binding refers to; a Role is one of the binding's own namespace. */
export function roleOf(binding: unknown, namespace: string | undefined): RoleRef {
  const name = stringAt(binding, 'roleRef', 'name') ?? '';
  if (stringAt(binding, 'roleRef', 'kind') !== 'Role') return { kind: 'ClusterRole', name };
  return { kind: 'Role', namespace, name };
}

function subjectOf(
  subject: unknown,
  bindingNamespace: string | undefined,
): { id: string; description: string } {
  const kind = stringAt(subject, 'kind') ?? '';
  const name = stringAt(subject, 'name') ?? '';
  if (kind !== 'ServiceAccount') {
    const id = kind === 'Group' ? `g:${name}` : `u:${name}`;
    return { id, description: `${kind} ${JSON.stringify(name)}` };
  }
  const namespace = stringAt(subject, 'namespace') ?? bindingNamespace ?? '';
  return {
    id: `u:system:serviceaccount:${namespace}:${name}`,
    description: `${kind} ${JSON.stringify(`${name}/${namespace}`)}`,
  };
}
