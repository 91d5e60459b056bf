/** A conversation with one agent: earlier ones at the side, the transcript, and the field to write in. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Notice } from '../../components/notice.tsx';
import { agentState, agentsQuery, examplesOf, isDemoModel } from '../agents/api.ts';
import { StateBadge } from '../agents/state-badge.tsx';
import type { AgentName } from './api.ts';
import { sessionsQuery } from './api.ts';
import { Composer } from './composer.tsx';
import { EntryView } from './entry-view.tsx';
import { type Chat, useChat } from './use-chat.ts';

export function ChatPage({ namespace, name, sessionId }: AgentName & { sessionId?: string }) {
  const navigate = useNavigate();
  const agent = { namespace, name };
  const agents = useQuery(agentsQuery);
  const item = agents.data?.find(
    (entry) => entry.agent.metadata.name === name && entry.agent.metadata.namespace === namespace,
  );
  const chat = useChat({
    agent,
    sessionId,
    // the address follows without leaving the page, so that the running stream stays
    onSession: (id) =>
      window.history.replaceState(null, '', `/agents/${namespace}/${name}/chats/${id}`),
  });
  if (agents.data && !item)
    return <Notice tone="bad">{`There is no agent ${namespace}/${name}.`}</Notice>;
  const state = item && agentState(item);
  return (
    <div className="flex h-full">
      <Sessions agent={agent} current={sessionId} />
      <section className="flex min-w-0 flex-1 flex-col" aria-label={`Chat with ${name}`}>
        <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 border-b border-line px-4 py-2">
          <h1 className="font-medium">{name}</h1>
          {state && <StateBadge state={state} />}
          <span className="text-xs text-muted">{item?.model}</span>
          {item && isDemoModel(item) && (
            <span className="text-xs text-warn">
              Demo model: it follows rules and is not a language model.
            </span>
          )}
          <button
            type="button"
            className="ml-auto rounded-md px-2 py-1 text-sm text-muted hover:bg-raised md:hidden"
            onClick={() => void navigate({ to: '/agents/$namespace/$name', params: agent })}
          >
            New chat
          </button>
        </div>
        {state?.detail && (
          <p className="border-b border-line bg-surface px-4 py-2 text-xs text-bad">
            {state.detail}
          </p>
        )}
        <Conversation chat={chat} examples={item ? examplesOf(item) : []} />
        <Composer busy={chat.busy} onSend={chat.send} onStop={chat.stop} />
      </section>
    </div>
  );
}

function Sessions({ agent, current }: { agent: AgentName; current: string | undefined }) {
  const { data } = useQuery(sessionsQuery(agent));
  return (
    <aside
      className="hidden w-60 shrink-0 flex-col border-r border-line bg-surface md:flex"
      aria-label="Chats"
    >
      <Link
        to="/agents/$namespace/$name"
        params={agent}
        reloadDocument
        className="m-2 flex items-center gap-2 rounded-md border border-line px-3 py-1.5 text-sm hover:border-accent"
      >
        <Plus aria-hidden className="size-4" /> New chat
      </Link>
      <ul className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {data?.map((session) => (
          <li key={session.id}>
            <Link
              to="/agents/$namespace/$name/chats/$sessionId"
              params={{ ...agent, sessionId: session.id }}
              className={`block truncate rounded-md px-3 py-1.5 text-sm hover:bg-raised ${session.id === current ? 'bg-raised' : 'text-muted'}`}
            >
              {session.name || session.id}
            </Link>
          </li>
        ))}
      </ul>
    </aside>
  );
}

function Conversation({ chat, examples }: { chat: Chat; examples: string[] }) {
  const { transcript, busy, loading, error } = chat;
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => end.current?.scrollIntoView({ block: 'end' }), [transcript, error]);
  const waiting = busy && transcript.entries.at(-1)?.kind !== 'answer';
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className="mx-auto flex max-w-3xl flex-col gap-4 px-4 py-6" aria-live="polite">
        {loading && <Notice>Loading the conversation…</Notice>}
        {!loading && transcript.entries.length === 0 && (
          <Examples examples={examples} onPick={chat.send} />
        )}
        {transcript.entries.map((entry) => (
          <EntryView key={entry.id} entry={entry} />
        ))}
        {waiting && <p className="animate-pulse text-sm text-muted">Working…</p>}
        {transcript.failure && (
          <p
            role="alert"
            className="rounded-md border border-bad px-3 py-2 text-sm whitespace-pre-wrap text-bad"
          >
            {transcript.failure}
          </p>
        )}
        {error && (
          <p role="alert" className="text-sm text-bad">
            {error}
          </p>
        )}
        <div ref={end} />
      </div>
    </div>
  );
}

function Examples({ examples, onPick }: { examples: string[]; onPick: (text: string) => void }) {
  return (
    <div className="flex flex-col items-start gap-2 py-6">
      <p className="text-sm text-muted">
        Ask something{examples.length > 0 ? ', for example:' : '.'}
      </p>
      {examples.map((example) => (
        <button
          key={example}
          type="button"
          onClick={() => onPick(example)}
          className="rounded-md border border-line bg-surface px-3 py-1.5 text-left text-sm hover:border-accent"
        >
          {example}
        </button>
      ))}
    </div>
  );
}
