/** One thing in the transcript. */
import { ChevronRight, TriangleAlert, Wrench } from 'lucide-react';
import { lazy, Suspense } from 'react';
import type { Entry } from './transcript.ts';

const Markdown = lazy(() =>
  import('./markdown.tsx').then((module) => ({ default: module.Markdown })),
);

export function EntryView({ entry }: { entry: Entry }) {
  switch (entry.kind) {
    case 'user':
      return (
        <div className="max-w-[85%] self-end rounded-lg bg-raised px-3 py-2 text-sm whitespace-pre-wrap">
          {entry.text}
        </div>
      );
    case 'answer':
      return (
        <div className="text-sm leading-relaxed" data-testid="answer">
          <Suspense fallback={<p className="whitespace-pre-wrap">{entry.text}</p>}>
            <Markdown text={entry.text} />
          </Suspense>
        </div>
      );
    case 'thought':
      return (
        <details className="text-sm text-muted">
          <summary className="cursor-pointer">Thinking</summary>
          <p className="mt-1 whitespace-pre-wrap">{entry.text}</p>
        </details>
      );
    case 'tool':
      return <ToolCall entry={entry} />;
    case 'notice':
      return (
        <p className="flex items-start gap-2 text-sm text-warn">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {entry.text}
        </p>
      );
  }
}

function ToolCall({ entry }: { entry: Extract<Entry, { kind: 'tool' }> }) {
  const { result } = entry;
  const status = result ? (result.isError ? 'failed' : 'done') : 'running';
  return (
    <details className="group rounded-md border border-line bg-surface text-xs">
      <summary className="flex cursor-pointer list-none items-center gap-2 px-3 py-2">
        <ChevronRight
          aria-hidden
          className="size-3.5 shrink-0 transition-transform group-open:rotate-90"
        />
        <Wrench aria-hidden className="size-3.5 shrink-0 text-muted" />
        <code className="truncate">
          {entry.name}
          <span className="text-muted">({summary(entry.args)})</span>
        </code>
        <span className={`ml-auto shrink-0 ${result?.isError ? 'text-bad' : 'text-muted'}`}>
          {status}
        </span>
      </summary>
      <div className="border-t border-line px-3 py-2">
        <pre className="max-h-80 overflow-auto whitespace-pre text-muted">
          {result ? result.text || '(empty)' : 'Waiting for the result…'}
        </pre>
      </div>
    </details>
  );
}

function summary(args: unknown): string {
  if (typeof args !== 'object' || args === null) return '';
  return Object.entries(args)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
