/** The frame around every page: name, navigation, theme. */
import { Link, Outlet } from '@tanstack/react-router';
import { Bot } from 'lucide-react';
import { ThemeButton } from './theme-button.tsx';

export function Shell() {
  return (
    <div className="flex h-dvh flex-col">
      <header className="flex items-center gap-4 border-b border-line bg-surface px-4 py-2">
        <Link to="/" className="flex items-center gap-2 font-semibold">
          <Bot aria-hidden className="size-5 text-accent" />
          kagent
        </Link>
        <nav className="text-sm">
          <Link
            to="/"
            className="text-muted hover:text-ink"
            activeProps={{ className: 'text-ink' }}
          >
            Agents
          </Link>
        </nav>
        <div className="ml-auto">
          <ThemeButton />
        </div>
      </header>
      <main className="min-h-0 flex-1">
        <Outlet />
      </main>
    </div>
  );
}
