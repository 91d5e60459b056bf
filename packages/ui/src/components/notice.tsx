/** A sentence that stands for an empty, loading or failed part of the page. */
import type { ReactNode } from 'react';

const TONES = { plain: 'text-subtle', bad: 'text-bad' };

interface NoticeProps {
  tone?: keyof typeof TONES;
  children: ReactNode;
}

export function Notice({ tone = 'plain', children }: NoticeProps) {
  return (
    <p role={tone === 'bad' ? 'alert' : 'status'} className={`py-6 text-sm ${TONES[tone]}`}>
      {children}
    </p>
  );
}
