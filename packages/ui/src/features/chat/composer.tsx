/** The field to write in. Enter sends, Shift+Enter makes a new line. One button: it sends, or stops what is going on. */
import { Send, Square } from 'lucide-react';
import type { KeyboardEvent, Ref } from 'react';

interface ComposerProps {
  text: string;
  onText: (text: string) => void;
  /** `loading` takes text but sends nothing yet. */
  phase: 'loading' | 'idle' | 'working';
  stopping: boolean;
  onSend: (text: string) => void;
  onStop: () => void;
  field: Ref<HTMLTextAreaElement>;
}

export function Composer({ text, onText, phase, stopping, onSend, onStop, field }: ComposerProps) {
  const isWorking = phase === 'working';
  const canPress = isWorking ? !stopping : phase === 'idle' && text.trim() !== '';
  const send = () => {
    if (isWorking || !canPress) return;
    onSend(text.trim());
    onText('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const Icon = isWorking ? Square : Send;
  return (
    <form
      className="border-t border-line bg-surface px-4 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isWorking) send();
        else if (!stopping) onStop();
      }}
    >
      <div className="mx-auto flex max-w-3xl items-end gap-2">
        <textarea
          ref={field}
          aria-label="Message"
          autoFocus
          rows={1}
          value={text}
          onChange={(event) => onText(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder="Ask the agent…"
          className="field-sizing-content max-h-48 min-h-10 min-w-0 flex-1 resize-none rounded-md border border-line bg-canvas px-3 py-2 text-base sm:text-sm"
        />
        <button
          type="submit"
          // not `disabled`: the button keeps the focus when its meaning changes
          aria-disabled={!canPress}
          aria-label={isWorking ? (stopping ? 'Stopping' : 'Stop') : 'Send'}
          className={`rounded-md p-3 aria-disabled:cursor-default aria-disabled:opacity-40 ${isWorking ? 'bg-raised hover:text-bad' : 'bg-accent text-accent-ink'}`}
        >
          <Icon aria-hidden className="size-4" />
        </button>
      </div>
    </form>
  );
}
