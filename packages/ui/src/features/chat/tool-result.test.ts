import { describe, expect, it } from 'vitest';
import { readResult } from './tool-result.ts';

describe('readResult', () => {
  it.each<[string, unknown, { text: string; isError: boolean }]>([
    [
      'text of an MCP result',
      {
        result: {
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
          isError: false,
        },
      },
      { text: 'a\nb', isError: false },
    ],
    [
      'a failed MCP result',
      { result: { content: [{ type: 'text', text: 'no' }], isError: true } },
      { text: 'no', isError: true },
    ],
    ['a plain string', { result: 'done' }, { text: 'done', isError: false }],
    [
      'a failed sub-agent',
      { result: 'gone', isError: true, subagent_session_id: 's' },
      { text: 'gone', isError: true },
    ],
    ['an error', { error: 'boom' }, { text: 'boom', isError: true }],
    [
      'an image, without its bytes',
      { result: { content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }] } },
      { text: '[image image/png]', isError: false },
    ],
    [
      'an object, as JSON',
      { result: { replicas: 3 } },
      { text: '{\n  "replicas": 3\n}', isError: false },
    ],
    ['nothing', { result: { content: [] } }, { text: '', isError: false }],
    ['no response at all', undefined, { text: '', isError: false }],
  ])('reads %s', (_name, response, expected) => {
    expect(readResult(response)).toEqual(expected);
  });
});
