/** Conversations with one agent: the list of them, and the one that is open. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Notice } from '../../components/notice.tsx';
import { useServices } from '../../services.tsx';
import {
  type AgentItem,
  type AgentName,
  agentState,
  agentsQuery,
  examplesOf,
  isDemoModel,
} from '../agents/api.ts';
import { StateBadge } from '../agents/state-badge.tsx';
import { ChatMenu, ChatSidebar } from './chat-list.tsx';
import { ChatView } from './chat-view.tsx';
import { loadMarkdown } from './entry-view.tsx';

const TONES = { good: 'text-subtle', warn: 'text-warn', bad: 'text-bad' };

interface ChatPageProps {
  agent: AgentName;
  /** Undefined: a new chat. */
  sessionId: string | undefined;
}

export function ChatPage({ agent, sessionId }: ChatPageProps) {
  const { http } = useServices();
  const navigate = useNavigate();
  const { data } = useQuery(agentsQuery(http));
  const draft = useDraft(sessionId);
  useEffect(() => {
    loadMarkdown().catch(() => {});
  }, []);
  const item = data?.find(
    ({ agent: { metadata } }) =>
      metadata.name === agent.name && metadata.namespace === agent.namespace,
  );
  if (data && !item) return <UnknownAgent agent={agent} />;
  const chatId = sessionId ?? draft.id;
  const openDraft = () =>
    void navigate({
      to: '/agents/$namespace/$name/chats/$sessionId',
      params: { ...agent, sessionId: chatId },
      replace: true,
    });
  return (
    <div className="flex h-full">
      <title>{`${agent.name} · kagent`}</title>
      <ChatSidebar agent={agent} onNew={draft.renew} />
      <section className="flex min-w-0 flex-1 flex-col" aria-label={`Chat with ${agent.name}`}>
        <div className="flex items-center gap-3 border-b border-line px-4 py-1.5">
          <ChatMenu agent={agent} onNew={draft.renew} />
          <AgentHeader agent={agent} item={item} />
        </div>
        <AgentProblem item={item} />
        <ChatView
          key={chatId}
          agent={agent}
          sessionId={chatId}
          exists={sessionId !== undefined}
          examples={item ? examplesOf(item) : []}
          onCreated={openDraft}
        />
      </section>
    </div>
  );
}

interface Draft {
  /** Id of the new chat: its session gets it with the first message, so that the chat need not start over. */
  id: string;
  /** Makes the next chat. */
  renew(): void;
}

function useDraft(sessionId: string | undefined): Draft {
  const { randomId } = useServices();
  const fresh = () => ({ id: randomId(), isUsed: false });
  const [draft, setDraft] = useState(fresh);
  if (!draft.isUsed && sessionId === draft.id) setDraft({ ...draft, isUsed: true });
  else if (draft.isUsed && sessionId === undefined) setDraft(fresh());
  return { id: draft.id, renew: () => setDraft(fresh()) };
}

function AgentHeader({ agent, item }: { agent: AgentName; item: AgentItem | undefined }) {
  return (
    <div className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-3 gap-y-0.5 py-1">
      <h1 className="truncate font-medium">{agent.name}</h1>
      {item && <StateBadge state={agentState(item)} />}
      {item && isDemoModel(item) ? (
        <span className="text-xs text-warn">
          Demo model: it follows rules and is not a language model.
        </span>
      ) : (
        <span className="text-xs text-subtle">{item?.model}</span>
      )}
    </div>
  );
}

function AgentProblem({ item }: { item: AgentItem | undefined }) {
  const state = item && agentState(item);
  if (!state?.detail) return null;
  return (
    <p
      role="status"
      className={`max-h-24 overflow-y-auto border-b border-line bg-surface px-4 py-2 text-xs wrap-anywhere ${TONES[state.tone]}`}
    >
      {state.detail}
    </p>
  );
}

function UnknownAgent({ agent }: { agent: AgentName }) {
  return (
    <div className="px-4">
      <Notice tone="bad">
        There is no agent {agent.namespace}/{agent.name}.{' '}
        <Link to="/" className="underline">
          All agents
        </Link>
      </Notice>
    </div>
  );
}
