/** One open conversation: the transcript and the field below it. */
import { Link } from '@tanstack/react-router';
import { type MouseEvent, useCallback, useRef, useState } from 'react';
import { Notice } from '../../components/notice.tsx';
import type { AgentName } from '../agents/api.ts';
import { Composer } from './composer.tsx';
import { EntryView, UserBubble } from './entry-view.tsx';
import type { Entry } from './transcript.ts';
import { useConversation, type UseConversationOptions } from './use-conversation.ts';

interface ChatViewProps extends UseConversationOptions {
  /** Shown while nothing was said. */
  examples: readonly string[];
}

export function ChatView({ examples, ...options }: ChatViewProps) {
  const chat = useConversation(options);
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const log = useBottomLock();
  const { transcript, phase, problem, unsent } = chat;
  const { entries } = transcript;
  if (phase === 'missing') return <MissingChat agent={options.agent} />;

  const isEmpty = phase !== 'loading' && entries.length === 0 && !unsent;
  const pick = (example: string) => {
    setText(example);
    field.current?.focus();
  };
  const send = (message: string) => {
    log.toBottom();
    chat.send(message);
  };
  return (
    <>
      <div
        ref={log.frame}
        onScroll={log.onScroll}
        onClick={log.onClick}
        className="min-h-0 flex-1 overflow-y-auto"
      >
        <div className="mx-auto flex max-w-3xl flex-col gap-4 px-4 py-6">
          {phase === 'loading' && !problem && <Notice>Loading the conversation…</Notice>}
          {isEmpty && <Examples examples={examples} onPick={pick} />}
          <div role="log" aria-busy={phase === 'working'} className="flex flex-col gap-4">
            {entries.map((entry, index) => (
              // entries keep their place: a whole message takes that of its deltas
              <EntryView key={index} entry={entry} />
            ))}
          </div>
          {unsent && <Unsent {...unsent} onRetry={chat.retry} />}
          {phase === 'working' && !isTalking(entries) && (
            <p role="status" className="animate-pulse text-sm text-subtle">
              {chat.stopping ? 'Stopping…' : 'Working…'}
            </p>
          )}
          {problem && (
            <p role="alert" className="text-sm wrap-anywhere text-bad">
              {problem}
            </p>
          )}
        </div>
      </div>
      <Composer
        text={text}
        onText={setText}
        phase={phase}
        stopping={chat.stopping}
        onSend={send}
        onStop={chat.stop}
        field={field}
      />
    </>
  );
}

/** Growing text is sign enough that something happens. */
function isTalking(entries: readonly Entry[]): boolean {
  const last = entries.at(-1);
  return (last?.kind === 'answer' || last?.kind === 'thought') && last.streaming;
}

/** Distance from the end, in pixels, that still counts as being there. */
const NEAR_END = 48;

/** Keeps the end in sight while content grows, unless the reader has gone elsewhere or opens something. */
function useBottomLock() {
  const element = useRef<HTMLElement>(null);
  const isLocked = useRef(true);
  const lastTop = useRef(0);
  const toEnd = () => {
    if (element.current && isLocked.current)
      element.current.scrollTop = element.current.scrollHeight;
  };
  const frame = useCallback((node: HTMLElement | null) => {
    element.current = node;
    if (!node) return;
    const observer = new ResizeObserver(toEnd);
    observer.observe(node);
    if (node.firstElementChild) observer.observe(node.firstElementChild);
    return () => observer.disconnect();
  }, []);
  return {
    frame,
    onScroll() {
      const node = element.current;
      if (!node) return;
      // growing content moves the end away, only a reader moves up
      const isNear = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_END;
      if (isNear) isLocked.current = true;
      else if (node.scrollTop < lastTop.current) isLocked.current = false;
      lastTop.current = node.scrollTop;
    },
    onClick({ target }: MouseEvent) {
      if (target instanceof Element && target.closest('summary')) isLocked.current = false;
    },
    toBottom() {
      isLocked.current = true;
      toEnd();
    },
  };
}

interface UnsentProps {
  text: string;
  reason: string;
  onRetry: () => void;
}

function Unsent({ text, reason, onRetry }: UnsentProps) {
  return (
    <div className="flex flex-col gap-1">
      <UserBubble text={text} />
      <p role="alert" className="self-end text-right text-xs wrap-anywhere text-bad">
        Not sent. {reason}{' '}
        <button type="button" className="underline" onClick={onRetry}>
          Try again
        </button>
      </p>
    </div>
  );
}

interface ExamplesProps {
  examples: readonly string[];
  onPick: (example: string) => void;
}

function Examples({ examples, onPick }: ExamplesProps) {
  return (
    <div className="flex flex-col items-start gap-2 py-6">
      <p className="text-sm text-subtle">
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

function MissingChat({ agent }: { agent: AgentName }) {
  return (
    <div className="px-4">
      <Notice>
        This chat is not there (any more).{' '}
        <Link to="/agents/$namespace/$name" params={agent} className="underline">
          New chat
        </Link>
      </Notice>
    </div>
  );
}
