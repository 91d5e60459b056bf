/** Who owns whom, by uid: the memory of the garbage collector. */
import type { KubeObject, OwnerReference, ResourceType } from '@kagent/kube';

/** One object, or one that is only known because others name it as their owner (`isVirtual`). */
export interface GraphNode {
  uid: string;
  type: ResourceType | undefined;
  namespace: string | undefined;
  name: string;
  owners: OwnerReference[];
  dependents: Set<GraphNode>;
  isVirtual: boolean;
  isDeleting: boolean;
  finalizers: string[];
}

export interface OwnerGraph {
  get(uid: string): GraphNode | undefined;
  /** Adds or updates; returns the node. */
  set(type: ResourceType, object: KubeObject): GraphNode;
  /** Removes the object; returns the dependents it leaves behind. */
  delete(uid: string): GraphNode[];
}

function blank(uid: string): GraphNode {
  return {
    uid,
    type: undefined,
    namespace: undefined,
    name: '',
    owners: [],
    dependents: new Set(),
    isVirtual: true,
    isDeleting: false,
    finalizers: [],
  };
}

export function createOwnerGraph(): OwnerGraph {
  const nodes = new Map<string, GraphNode>();

  function nodeOf(uid: string): GraphNode {
    const known = nodes.get(uid) ?? blank(uid);
    nodes.set(uid, known);
    return known;
  }

  /** Forgets a node nobody needs any more. */
  function prune(node: GraphNode): void {
    if (node.isVirtual && node.dependents.size === 0) nodes.delete(node.uid);
  }

  function setOwners(node: GraphNode, owners: OwnerReference[]): void {
    for (const { uid } of node.owners) {
      if (owners.some((owner) => owner.uid === uid)) continue;
      const owner = nodes.get(uid);
      owner?.dependents.delete(node);
      if (owner !== undefined) prune(owner);
    }
    for (const { uid } of owners) nodeOf(uid).dependents.add(node);
    node.owners = owners;
  }

  return {
    get: (uid) => nodes.get(uid),
    set(type, { metadata }) {
      const node = nodeOf(metadata.uid ?? '');
      node.type = type;
      node.namespace = metadata.namespace;
      node.name = metadata.name;
      node.isVirtual = false;
      node.isDeleting = metadata.deletionTimestamp !== undefined;
      node.finalizers = metadata.finalizers ?? [];
      setOwners(node, metadata.ownerReferences ?? []);
      return node;
    },
    delete(uid) {
      const node = nodes.get(uid);
      if (node === undefined) return [];
      setOwners(node, []);
      node.isVirtual = true;
      node.isDeleting = false;
      prune(node);
      return [...node.dependents];
    },
  };
}
