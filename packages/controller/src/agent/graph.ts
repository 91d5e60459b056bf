/** Agents as tools form a graph: it must not lead back to itself nor be deeper than a call can follow. */
import type { ObjectKey } from '@kagent/kube';
import type { Agent } from '@kagent/spec';
import type { Scope } from '../lookup.ts';

/** Longest chain of agents that call agents. */
export const MAX_AGENT_DEPTH = 10;

type AgentKey = Required<ObjectKey>;

/**
 * Notes a problem for every cycle that can be reached, and for chains that are too deep. An agent that is shared by
 * several callers (a diamond) is fine. Every agent on the way becomes a dependency, also those that do not exist.
 */
export function checkAgentGraph(root: Agent, scope: Scope): void {
  const path: string[] = [];
  const heights = new Map<string, number>();

  /** Number of agents on the longest chain below. */
  function visit(agent: Agent, key: AgentKey): number {
    const id = `${key.namespace}/${key.name}`;
    const known = heights.get(id);
    if (known !== undefined) return known;
    const start = path.indexOf(id);
    if (start >= 0) {
      scope.problems.push({
        reason: 'AgentCycle',
        message: `Agents call each other in a circle: ${[...path.slice(start), id].join(' -> ')}; remove one of these tools`,
      });
      return 0;
    }
    path.push(id);
    let height = 0;
    for (const next of calledAgents(agent, key.namespace)) {
      const called = scope.lookup.get('Agent', next);
      height = Math.max(height, 1 + (called === undefined ? 0 : visit(called, next)));
    }
    path.pop();
    heights.set(id, height);
    return height;
  }

  const key = { namespace: scope.namespace, name: root.metadata.name };
  if (visit(root, key) > MAX_AGENT_DEPTH) {
    scope.problems.push({
      reason: 'InvalidConfiguration',
      message: `Agent ${key.namespace}/${key.name} starts a chain of more than ${MAX_AGENT_DEPTH} agents that call agents; shorten it`,
    });
  }
}

/** Only Declarative agents have tools here; what a BYO container calls is its own business. */
function calledAgents(agent: Agent, namespace: string): AgentKey[] {
  if (agent.spec?.type === 'BYO') return [];
  return (agent.spec?.declarative?.tools ?? []).flatMap(({ type, agent: target }) =>
    type === 'Agent' && target !== undefined
      ? [{ namespace: target.namespace ?? namespace, name: target.name }]
      : [],
  );
}
