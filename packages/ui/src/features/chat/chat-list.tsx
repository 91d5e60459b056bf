/** Earlier chats with the agent: at the side, or on narrow screens in a dialog. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Menu, Plus, X } from 'lucide-react';
import { type MouseEvent, useRef } from 'react';
import { useServices } from '../../services.tsx';
import type { AgentName } from '../agents/api.ts';
import { sessionsQuery } from './api.ts';

interface ChatListProps {
  agent: AgentName;
  onNew: () => void;
}

export function ChatSidebar(props: ChatListProps) {
  return (
    <aside
      className="hidden w-60 shrink-0 flex-col border-r border-line bg-surface md:flex"
      aria-label="Chats"
    >
      <ChatList {...props} />
    </aside>
  );
}

export function ChatMenu(props: ChatListProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = () => dialog.current?.close();
  const onClick = ({ target, currentTarget }: MouseEvent) => {
    // the backdrop is the dialog itself; a link leads away
    if (target === currentTarget || (target instanceof Element && target.closest('a'))) close();
  };
  return (
    <div className="md:hidden">
      <button
        type="button"
        aria-label="Chats"
        aria-haspopup="dialog"
        className="-ml-2 rounded-md p-2 text-subtle hover:bg-raised hover:text-ink"
        onClick={() => dialog.current?.showModal()}
      >
        <Menu aria-hidden className="size-5" />
      </button>
      <dialog
        ref={dialog}
        aria-label="Chats"
        onClick={onClick}
        className="m-0 h-dvh max-h-none w-72 max-w-[85vw] border-r border-line bg-surface text-ink backdrop:bg-black/40"
      >
        <div className="flex h-full flex-col">
          <button
            type="button"
            aria-label="Close"
            className="m-2 mb-0 self-end rounded-md p-2 text-subtle hover:bg-raised"
            onClick={close}
          >
            <X aria-hidden className="size-4" />
          </button>
          <ChatList {...props} />
        </div>
      </dialog>
    </div>
  );
}

function ChatList({ agent, onNew }: ChatListProps) {
  const { http } = useServices();
  const { data } = useQuery(sessionsQuery(http, agent));
  return (
    <>
      <Link
        to="/agents/$namespace/$name"
        params={agent}
        activeOptions={{ exact: true }}
        onClick={onNew}
        className="m-2 flex items-center gap-2 rounded-md border border-line px-3 py-2 text-sm hover:border-accent"
      >
        <Plus aria-hidden className="size-4" /> New chat
      </Link>
      {data?.length === 0 && <p className="px-5 py-1 text-xs text-subtle">No chats yet.</p>}
      <ul className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {data?.map((session) => (
          <li key={session.id}>
            <Link
              to="/agents/$namespace/$name/chats/$sessionId"
              params={{ ...agent, sessionId: session.id }}
              title={session.name || session.id}
              className="block truncate rounded-md px-3 py-2 text-sm hover:bg-raised"
              activeProps={{ className: 'bg-raised font-medium' }}
              inactiveProps={{ className: 'text-subtle' }}
            >
              {session.name || session.id}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
