/** The field to write in. Enter sends, Shift+Enter makes a new line. */
import { Send, Square } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';

interface ComposerProps {
  busy: boolean;
  onSend: (text: string) => void;
  onStop: () => void;
}

export function Composer({ busy, onSend, onStop }: ComposerProps) {
  const [text, setText] = useState('');
  const ready = text.trim() !== '' && !busy;
  const send = () => {
    if (!ready) return;
    onSend(text.trim());
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      className="border-t border-line bg-surface px-4 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="mx-auto flex max-w-3xl items-end gap-2">
        <textarea
          aria-label="Message"
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- the one field of the page
          autoFocus
          rows={Math.min(6, text.split('\n').length)}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder="Ask the agent…"
          className="min-h-10 flex-1 resize-none rounded-md border border-line bg-canvas px-3 py-2 text-sm"
        />
        {busy ? (
          <button
            type="button"
            onClick={onStop}
            aria-label="Stop"
            className="rounded-md border border-line p-2.5 hover:border-bad"
          >
            <Square aria-hidden className="size-4" />
          </button>
        ) : (
          <button
            type="submit"
            disabled={!ready}
            aria-label="Send"
            className="rounded-md bg-accent p-2.5 text-accent-ink disabled:opacity-40"
          >
            <Send aria-hidden className="size-4" />
          </button>
        )}
      </div>
    </form>
  );
}
