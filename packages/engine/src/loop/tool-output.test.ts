import { describe, expect, it } from 'vitest';
import { boundResult } from './tool-output.ts';

const text = (value: string) => ({ type: 'text' as const, text: value });

describe('boundResult', () => {
  it('leaves what fits as it is', () => {
    const result = { content: [text('a'), text('b')], isError: true, structured: { a: 1 } };
    expect(boundResult(result, 100)).toEqual(result);
  });

  it('keeps head and tail and says how much is missing', () => {
    const whole = Array.from({ length: 1_000 }, (_, i) => `line ${i}`).join('\n');
    const [part] = boundResult({ content: [text(whole)], isError: false }, 400).content;
    const cut = part?.type === 'text' ? part.text : '';
    expect(cut.startsWith(whole.slice(0, 300))).toBe(true);
    expect(cut.endsWith(whole.slice(-100))).toBe(true);
    expect(cut).toContain(`${whole.length - 400} of ${whole.length} characters cut here`);
  });

  it('counts all parts together, and keeps images', () => {
    const image = { type: 'image' as const, data: 'aGk=', mimeType: 'image/png' };
    const { content } = boundResult(
      { content: [text('x'.repeat(90)), image, text('y'.repeat(90))], isError: false },
      100,
    );
    expect(content).toHaveLength(2);
    expect(content[1]).toEqual(image);
  });

  it('leaves out images and structured content that are too large', () => {
    const image = {
      type: 'image' as const,
      data: 'a'.repeat(5 * 1024 * 1024),
      mimeType: 'image/png',
    };
    const result = boundResult(
      { content: [image], isError: false, structured: { a: 'x'.repeat(200) } },
      100,
    );
    expect(result).toEqual({
      content: [text('[an image of 5242880 base64 characters was left out]')],
      isError: false,
    });
  });

  it('never cuts a character in half', () => {
    for (let shift = 0; shift < 4; shift += 1) {
      const whole = 'a'.repeat(shift) + '😀'.repeat(500);
      const [part] = boundResult({ content: [text(whole)], isError: false }, 101).content;
      expect(part?.type === 'text' && part.text.isWellFormed()).toBe(true);
    }
  });
});
