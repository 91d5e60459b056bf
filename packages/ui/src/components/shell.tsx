/** The frame around every page: name, theme, and a word when the server is away. */
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { Bot } from 'lucide-react';
import { agentsQuery } from '../features/agents/api.ts';
import { isAway } from '../http.ts';
import { useServices } from '../services.tsx';
import { ThemeButton } from './theme-button.tsx';

export function Shell() {
  const { http } = useServices();
  const { error } = useQuery(agentsQuery(http));
  return (
    <div className="flex h-dvh flex-col">
      <header className="flex items-center gap-6 border-b border-line bg-surface px-4 py-1.5">
        <Link to="/" className="flex items-center gap-2 py-1 font-semibold">
          <Bot aria-hidden className="size-5 text-accent" />
          kagent
        </Link>
        <nav className="text-sm">
          <Link to="/" className="py-1" inactiveProps={{ className: 'text-subtle hover:text-ink' }}>
            Agents
          </Link>
        </nav>
        <div className="ml-auto">
          <ThemeButton />
        </div>
      </header>
      {isAway(error) && (
        <p role="alert" className="border-b border-line bg-raised px-4 py-2 text-sm text-bad">
          kagent does not answer. Is it still running? This page goes on by itself once it is back.
        </p>
      )}
      <main className="min-h-0 flex-1">
        <Outlet />
      </main>
    </div>
  );
}
