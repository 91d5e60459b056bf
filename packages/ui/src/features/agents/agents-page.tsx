/** Every agent with its state; a click starts a chat. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Notice } from '../../components/notice.tsx';
import { isAway } from '../../http.ts';
import { useServices } from '../../services.tsx';
import { type AgentItem, agentState, agentsQuery, isDemoModel } from './api.ts';
import { StateBadge } from './state-badge.tsx';

const TONES = { good: 'text-subtle', warn: 'text-warn', bad: 'text-bad' };

export function AgentsPage() {
  const { http } = useServices();
  const { data, error } = useQuery(agentsQuery(http));
  return (
    <div className="h-full overflow-y-auto">
      <title>Agents · kagent</title>
      <div className="mx-auto max-w-5xl px-4 py-6">
        <h1 className="mb-4 text-xl font-semibold">Agents</h1>
        {error && !isAway(error) && <Notice tone="bad">{error.message}</Notice>}
        {!data && !error && <Notice>Loading agents…</Notice>}
        {data?.length === 0 && (
          <Notice>
            There is no agent yet. Describe one in YAML and run{' '}
            <code className="rounded bg-raised px-1 py-0.5">kubectl apply -f agent.yaml</code>.
          </Notice>
        )}
        <ul className="grid gap-3 sm:grid-cols-2">
          {data?.map((item) => (
            <li key={item.id} className="min-w-0">
              <AgentCard item={item} />
            </li>
          ))}
        </ul>
      </div>
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
      <span className="line-clamp-2 text-sm text-subtle">
        {item.agent.spec?.description || 'No description'}
      </span>
      {state.detail && (
        <span className={`line-clamp-3 text-xs wrap-anywhere ${TONES[state.tone]}`}>
          {state.detail}
        </span>
      )}
      <span className="mt-auto flex flex-wrap gap-x-3 text-xs text-subtle">
        <span>{namespace}</span>
        <ModelName item={item} />
      </span>
    </Link>
  );
}

function ModelName({ item }: { item: AgentItem }) {
  if (isDemoModel(item)) return <span className="text-warn">demo model: rules, no LLM</span>;
  if (item.model) return <span>{`${item.modelProvider ?? ''} ${item.model}`.trim()}</span>;
  return <span>{item.agent.spec?.type === 'BYO' ? 'own container' : 'no model'}</span>;
}
