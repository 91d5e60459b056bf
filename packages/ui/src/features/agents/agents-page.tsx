/** Every agent with its state; a click starts a chat. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Notice } from '../../components/notice.tsx';
import { type AgentItem, agentState, agentsQuery, isDemoModel } from './api.ts';
import { StateBadge } from './state-badge.tsx';

export function AgentsPage() {
  const { data, error } = useQuery(agentsQuery);
  return (
    <div className="mx-auto h-full max-w-5xl overflow-y-auto px-4 py-6">
      <h1 className="mb-4 text-xl font-semibold">Agents</h1>
      {error && <Notice tone="bad">{error.message}</Notice>}
      {!data && !error && <Notice>Loading agents…</Notice>}
      {data?.length === 0 && (
        <Notice>
          There is no agent yet. Write one as YAML and run <code>kubectl apply -f agent.yaml</code>.
        </Notice>
      )}
      <ul className="grid gap-3 sm:grid-cols-2">
        {data?.map((item) => (
          <li key={item.id}>
            <AgentCard item={item} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function AgentCard({ item }: { item: AgentItem }) {
  const { name, namespace } = item.agent.metadata;
  const state = agentState(item);
  return (
    <Link
      to="/agents/$namespace/$name"
      params={{ namespace, name }}
      className="flex h-full flex-col gap-2 rounded-lg border border-line bg-surface p-4 hover:border-accent"
    >
      <span className="flex items-baseline justify-between gap-2">
        <span className="truncate font-medium">{name}</span>
        <StateBadge state={state} />
      </span>
      <span className="line-clamp-2 text-sm text-muted">
        {item.agent.spec?.description || 'No description'}
      </span>
      {state.detail && <span className="line-clamp-3 text-xs text-bad">{state.detail}</span>}
      <span className="mt-auto flex flex-wrap gap-x-3 text-xs text-muted">
        <span>{namespace}</span>
        <span>
          {item.model
            ? `${item.modelProvider} ${item.model}`
            : item.agent.spec?.type === 'BYO'
              ? 'BYO'
              : 'no model'}
        </span>
        {isDemoModel(item) && <span className="text-warn">demo model: rules, no LLM</span>}
      </span>
    </Link>
  );
}
