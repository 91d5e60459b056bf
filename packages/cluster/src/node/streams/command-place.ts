/** Where a command of `kubectl exec` runs: on this machine, with the environment, folder and files of its container. */
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface CommandPlace {
  env: Record<string, string>;
  /** Undefined: the directory of the platform itself. */
  cwd: string | undefined;
  /** Words with paths and addresses inside the container made those of the machine. */
  local(word: string): string;
  mounts: { path: string; folder: string }[];
  /** A folder for links to the mounts under their own names. */
  viewFolder: string;
}

/**
 * The command as it is run. Paths below a mount become paths of the machine. tar, which `kubectl cp` runs, stores the names
 * it is given, so it gets them unchanged, relative to a folder where they exist.
 */
export async function placeCommand(place: CommandPlace, command: string[]): Promise<string[]> {
  const [program = '', ...words] = command;
  const isCreate = program === 'tar' && /^-?[a-z]*c/.test(words[0] ?? '');
  const mounted = (word: string): boolean =>
    place.mounts.some(({ path }) => word === path || word.startsWith(`${path}/`));
  if (!isCreate || !words.slice(1).some(mounted)) return command.map((word) => place.local(word));
  await linkMounts(place);
  const at = words.findIndex(mounted);
  const rest = words.slice(at).map((word) => (mounted(word) ? viewName(place, word) : word));
  return [program, ...words.slice(0, at), '-C', place.viewFolder, ...rest];
}

/** `/data/a` as a name in the view; a mount itself is a link there, and its content is wanted. */
function viewName(place: CommandPlace, word: string): string {
  const isRoot = place.mounts.some(({ path }) => path === word);
  return `${word.replace(/^\/+/, '')}${isRoot ? '/.' : ''}`;
}

async function linkMounts({ mounts, viewFolder }: CommandPlace): Promise<void> {
  for (const { path, folder } of mounts) {
    const link = join(viewFolder, path);
    await mkdir(dirname(link), { recursive: true, mode: 0o700 });
    // Exists: linked before, or a mount inside another, which is reached through that one.
    await symlink(folder, link).catch(() => {});
  }
}
