/** A program that understands what the node asks of podman or docker, runs nothing, and writes down what it was asked. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files in `$FAKE` are its state: `image`, `pullable`, `no-bridge`, `oom`; `exit` ends what "runs". */
const SCRIPT = `#!/bin/sh
printf '%s\\n' "$*" >> "$FAKE/calls"
fail() { echo "Error: $1" >&2; exit 125; }
state() {
  echo "0123abcd {\\"Running\\":$1,\\"Pid\\":0,\\"ExitCode\\":$2,\\"OOMKilled\\":$3,\\"StartedAt\\":\\"2026-01-01T00:00:00Z\\"}" > "$FAKE/state.new"
  mv "$FAKE/state.new" "$FAKE/state"
}
case "$1 $2" in
  "info "*) echo '{}' ;;
  "image inspect") test -e "$FAKE/image" && echo "sha256:f00 4096" || fail "inspecting object: image not known" ;;
  "pull "*) test -e "$FAKE/pullable" || fail "initializing source docker://x: denied"; touch "$FAKE/image" ;;
  "container inspect") test -e "$FAKE/state" && cat "$FAKE/state" || fail "no such container" ;;
  "stop "*) echo 143 > "$FAKE/exit" ;;
  "rm "*) rm -f "$FAKE/state" ;;
  "ps "*) cat "$FAKE/left" 2>/dev/null ;;
  "exec "*) shift 2; echo "did $*" ;;
  "run "*)
    case "$*" in *"--network host"*) ;; *) test -e "$FAKE/no-bridge" && fail "netavark: no network" ;; esac
    next=
    for word in "$@"; do
      case "$next" in --env-file) cp "$word" "$FAKE/env" ;; esac
      case "$word" in *destination=/dev/termination-log*) word="\${word#type=bind,source=}"; message="\${word%%,*}" ;; esac
      next="$word"
    done
    echo "MULTI=$MULTI" > "$FAKE/passed"
    state true 0 false
    echo "out of it"
    echo "err of it" >&2
    until test -s "$FAKE/exit"; do sleep 0.02; done
    code=$(cat "$FAKE/exit"); rm "$FAKE/exit"
    echo "last words" > "$message"
    test -e "$FAKE/oom" && state false "$code" true || state false "$code" false
    exit "$code" ;;
esac
`;

export interface FakeEngine extends AsyncDisposable {
  /** For `engineEnv`. */
  env: Record<string, string>;
  /** Sets a state, e.g. `image` or `exit`. */
  set(name: string, text?: string): Promise<void>;
  read(name: string): Promise<string>;
  /** Command lines that begin with the word. */
  calls(word: string): Promise<string[]>;
}

export async function createFakeEngine(name = 'podman'): Promise<FakeEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const program = join(folder, name);
  await writeFile(program, SCRIPT);
  await chmod(program, 0o755);
  const read = (file: string) => readFile(join(folder, file), 'utf8').catch(() => '');
  return {
    env: { PATH: `${folder}:/usr/bin:/bin`, FAKE: folder },
    set: (file, text = '') => writeFile(join(folder, file), text),
    read,
    async calls(word) {
      const lines = (await read('calls')).split('\n');
      return lines.filter((line) => line.startsWith(`${word} `));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
