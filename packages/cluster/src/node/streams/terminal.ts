/**
 * Terminals for programs. Node has no way to make a pseudo terminal, so script(1) does it: it is part of util-linux and of
 * macOS. The size is set from outside with stty(1) on the terminal's device, which the program's side tells on descriptor 3.
 */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import type { TerminalSize } from './pod-streams.ts';

/** Which script(1) there is; their arguments differ. */
export type ScriptFlavour = 'util-linux' | 'bsd';

/** Said first where there is no terminal to be had. */
export const NO_TERMINAL =
  'warning: this machine has no script(1) to make a terminal; the command runs without one\r\n';

/** What script(1) of this machine can do; undefined when it can't be used. */
export function findScript(): Promise<ScriptFlavour | undefined> {
  // On other systems than these two a terminal is not offered, whatever is called script there.
  if (process.platform === 'darwin') return Promise.resolve('bsd');
  return new Promise((resolve) => {
    execFile('script', ['--version'], { timeout: 5000 }, (error, stdout) => {
      resolve(!error && stdout.includes('util-linux') ? 'util-linux' : undefined);
    });
  });
}

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** argv that runs `argv` in a new terminal and tells its device on descriptor 3. The exit code is the command's. */
export function terminalCommand(flavour: ScriptFlavour, argv: string[]): string[] {
  // Echo is off when script's own input is no terminal; the client's terminal is raw and needs ours.
  const inner = `tty >&3; exec 3>&-; stty echo; exec ${argv.map(quote).join(' ')}`;
  if (flavour === 'bsd') return ['script', '-q', '/dev/null', '/bin/sh', '-c', inner];
  return ['script', '-qfec', inner, '/dev/null'];
}

/** Follows sizes once the device is known. The last one wins; one stty runs at a time. */
export function followSize(device: Readable): (size: TerminalSize) => void {
  let path: string | undefined;
  let wanted: TerminalSize | undefined;
  let isBusy = false;
  const apply = (): void => {
    if (path === undefined || wanted === undefined || isBusy) return;
    const { width, height } = wanted;
    wanted = undefined;
    isBusy = true;
    const option = process.platform === 'linux' ? '-F' : '-f';
    const stty = spawn('stty', [option, path, 'rows', String(height), 'cols', String(width)], {
      stdio: 'ignore',
    });
    const next = (): void => {
      isBusy = false;
      apply();
    };
    stty.once('error', next);
    stty.once('exit', next);
  };
  device.on('error', () => {});
  const lines = createInterface({ input: device });
  lines.once('line', (line) => {
    if (line.startsWith('/dev/')) path = line.trim();
    apply();
    lines.close();
  });
  return (size) => {
    wanted = size;
    apply();
  };
}
