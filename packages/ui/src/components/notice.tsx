/** A sentence that stands for an empty, loading or failed part of the page. */
import type { ReactNode } from 'react';

const TONES = { plain: 'text-muted', bad: 'text-bad' };

export function Notice({
  tone = 'plain',
  children,
}: {
  tone?: keyof typeof TONES;
  children: ReactNode;
}) {
  return (
    <p role={tone === 'bad' ? 'alert' : 'status'} className={`p-6 text-sm ${TONES[tone]}`}>
      {children}
    </p>
  );
}
