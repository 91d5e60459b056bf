/** One thing in the transcript. */
import { CircleStop, TriangleAlert } from 'lucide-react';
import { lazy, memo, Suspense } from 'react';
import { ToolCall } from './tool-call.tsx';
import type { Entry } from './transcript.ts';

/** Starts to fetch the Markdown renderer; the first answer then needs no second paint. */
export const loadMarkdown = () => import('./markdown.tsx');

// a page that is older than the server may ask for a file that is gone: plain text will do then
const Markdown = lazy(() =>
  loadMarkdown().then(
    (module) => ({ default: module.Markdown }),
    () => ({ default: PlainText }),
  ),
);

function PlainText({ text }: { text: string; streaming: boolean }) {
  return <p className="whitespace-pre-wrap">{text}</p>;
}

/** Equal entries keep their identity, so a delta draws one of them anew, not all. */
export const EntryView = memo(function EntryView({ entry }: { entry: Entry }) {
  switch (entry.kind) {
    case 'user':
      return <UserBubble text={entry.text} />;
    case 'answer':
      return (
        <article aria-label="Answer" className="min-w-0 text-sm leading-relaxed wrap-anywhere">
          <Suspense fallback={<PlainText text={entry.text} streaming />}>
            <Markdown text={entry.text} streaming={entry.streaming} />
          </Suspense>
        </article>
      );
    case 'thought':
      return (
        <details className="text-sm text-subtle">
          <summary className="w-fit cursor-pointer">
            {entry.streaming ? 'Thinking…' : 'Thoughts'}
          </summary>
          <p className="mt-1 border-l-2 border-line pl-3 wrap-anywhere whitespace-pre-wrap">
            {entry.text}
          </p>
        </details>
      );
    case 'tool':
      return <ToolCall entry={entry} />;
    case 'notice':
      return (
        <p className="flex items-start gap-2 text-sm wrap-anywhere text-warn">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {entry.text}
        </p>
      );
    case 'end':
      return entry.state === 'canceled' ? (
        <p className="flex items-center gap-2 text-sm text-subtle">
          <CircleStop aria-hidden className="size-4 shrink-0" />
          {entry.text}
        </p>
      ) : (
        <p className="rounded-md border border-bad px-3 py-2 text-sm wrap-anywhere whitespace-pre-wrap text-bad">
          {entry.text}
        </p>
      );
  }
});

/** Words of the user. */
export function UserBubble({ text }: { text: string }) {
  return (
    <article
      aria-label="You"
      className="max-w-[85%] self-end rounded-lg bg-raised px-3 py-2 text-sm wrap-anywhere whitespace-pre-wrap"
    >
      {text}
    </article>
  );
}
