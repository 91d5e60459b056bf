import { describe, expect, it } from 'vitest';
import { sessionName } from './session-name.ts';

const named = (text: string) => sessionName([{ kind: 'text', text }]);

describe('sessionName', () => {
  it.each([
    ['short', 'short'],
    ['exactly twenty chars', 'exactly twenty chars'],
    ['this is longer than twenty', 'this is longer than ...'],
    ['  List all pods  ', 'List all pods'],
    ['👩‍👩‍👧‍👦'.repeat(30), `${'👩‍👩‍👧‍👦'.repeat(20)}...`],
    ['é'.repeat(20), 'é'.repeat(20)],
    ['', ''],
  ])('%j → %j', (text, name) => {
    expect(named(text)).toBe(name);
  });

  it('takes the first text among other parts', () => {
    expect(
      sessionName([
        { kind: 'data', data: {} },
        { kind: 'text', text: 'hi' },
      ]),
    ).toBe('hi');
    expect(sessionName([{ kind: 'data', data: {} }])).toBe('');
  });
});
