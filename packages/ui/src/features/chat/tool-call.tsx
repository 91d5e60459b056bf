/** A tool call with its state; arguments and output behind a click. */
import { ChevronRight, Wrench } from 'lucide-react';
import { useState } from 'react';
import type { ToolEntry } from './transcript.ts';

const STATES = {
  running: { label: 'running…', tone: 'text-subtle' },
  done: { label: 'done', tone: 'text-subtle' },
  failed: { label: 'failed', tone: 'text-bad' },
  unfinished: { label: 'no result', tone: 'text-warn' },
};

/** More than a screen can use; the rest is one click away. */
const SHOWN_CHARACTERS = 20_000;

export function ToolCall({ entry }: { entry: ToolEntry }) {
  const [open, setOpen] = useState(false);
  const { label, tone } = STATES[entry.state];
  return (
    <details
      className="group rounded-md border border-line bg-surface text-xs"
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className="flex cursor-pointer list-none items-center gap-2 px-3 py-2">
        <ChevronRight
          aria-hidden
          className="size-3.5 shrink-0 transition-transform group-open:rotate-90"
        />
        <Wrench aria-hidden className="size-3.5 shrink-0 text-subtle" />
        <code className="min-w-0 truncate">
          {entry.name}
          <span className="text-subtle">({summary(entry.args)})</span>
        </code>
        <span className={`ml-auto shrink-0 ${tone}`}>{label}</span>
      </summary>
      {open && (
        <div className="flex flex-col gap-2 border-t border-line px-3 py-2">
          {hasMembers(entry.args) && (
            <Block label="Arguments" text={JSON.stringify(entry.args, null, 2)} />
          )}
          <Block label="Result" text={outputOf(entry)} />
        </div>
      )}
    </details>
  );
}

function Block({ label, text }: { label: string; text: string }) {
  const [whole, setWhole] = useState(false);
  const isCut = !whole && text.length > SHOWN_CHARACTERS;
  return (
    <section aria-label={label} className="min-w-0">
      <h2 className="mb-1 text-subtle">{label}</h2>
      <pre
        // so that the keyboard can scroll it
        tabIndex={0}
        className="max-h-80 overflow-auto rounded bg-canvas p-2"
      >
        {isCut ? text.slice(0, SHOWN_CHARACTERS) : text}
      </pre>
      {isCut && (
        <button type="button" className="mt-1 underline" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString('en')} characters
        </button>
      )}
    </section>
  );
}

function outputOf({ state, output }: ToolEntry): string {
  if (state === 'running') return 'Waiting for the result…';
  if (state === 'unfinished') return 'The run ended before there was a result.';
  return output || '(empty)';
}

function hasMembers(args: unknown): args is object {
  return typeof args === 'object' && args !== null && Object.keys(args).length > 0;
}

function summary(args: unknown): string {
  if (!hasMembers(args)) return '';
  return Object.entries(args)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
    .slice(0, 200);
}
