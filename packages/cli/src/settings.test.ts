import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addSettings, port, readSettings } from './settings.ts';

const SETTINGS = {
  apiPort: {
    flag: 'api-port',
    env: 'API_PORT',
    placeholder: 'port',
    description: 'd',
    schema: port,
    default: '8083',
  },
  mode: {
    flag: 'mode',
    env: 'MODE',
    placeholder: 'm',
    description: 'd',
    schema: z.enum(['a', 'b']),
    default: 'a',
  },
};

describe('settings', () => {
  it.each([
    ['the default', {}, {}, 8083],
    ['the environment', {}, { API_PORT: '0' }, 0],
    ['the flag before the environment', { apiPort: '7' }, { API_PORT: '0' }, 7],
    ['the default for an empty variable', {}, { API_PORT: '' }, 8083],
  ])('takes %s', (_case, flags, env, expected) => {
    expect(readSettings(SETTINGS, flags, env).apiPort).toBe(expected);
  });

  it('reports every problem at once, by the name the person used', () => {
    expect(() => readSettings(SETTINGS, { apiPort: '99999' }, { MODE: 'x' })).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringMatching(/--api-port=99999: .*\nMODE=x: /),
      }),
    );
  });

  it('shows flag, variable and default in the help', () => {
    const command = new Command('up');
    addSettings(command, SETTINGS);
    expect(command.helpInformation()).toMatch(
      /--api-port <port>\s+d \(env API_PORT, default\s+8083\)/,
    );
  });
});
