/** A dot and a word. */
import type { AgentState } from './api.ts';

const TONES = { good: 'bg-good', warn: 'bg-warn', bad: 'bg-bad' };

export function StateBadge({ state }: { state: AgentState }) {
  return (
    <span className="flex shrink-0 items-center gap-1.5 text-xs text-subtle">
      <span aria-hidden className={`size-2 rounded-full ${TONES[state.tone]}`} />
      {state.label}
    </span>
  );
}
