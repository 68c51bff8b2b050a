// A tiny shell process that outlives its starter: when the starter dies in any way, it kills and removes what was left behind.
import { type ChildProcess, spawn } from 'node:child_process';

/** What the watcher must clean up when its starter is gone. */
export interface Vigia {
  watchProcess(pid: number): void;
  forgetProcess(pid: number): void;
  watchFolder(folder: string): void;
  watchContainer(name: string): void;
  /** Everything was stopped in order: the watcher ends without touching anything. */
  release(): void;
}

// Its stdin is a pipe from the starter. The kernel closes it when the starter ends, kill -9 included.
const SCRIPT = `
pids=""; folders=""; containers=""
while IFS=' ' read -r verb value; do
  case "$verb" in
    processo) pids="$pids $value" ;;
    esquece) rest=""; for pid in $pids; do [ "$pid" = "$value" ] || rest="$rest $pid"; done; pids="$rest" ;;
    pasta) folders="$folders
$value" ;;
    conteiner) containers="$containers $value" ;;
    fim) exit 0 ;;
  esac
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
for name in $containers; do docker rm -f "$name" >/dev/null 2>&1; done
printf '%s\n' "$folders" | while IFS= read -r folder; do
  [ -z "$folder" ] || rm -rf -- "$folder" || { sleep 1; rm -rf -- "$folder"; }
done
`;

/** Starts a watcher in its own session, so that Ctrl-C in the terminal does not reach it. */
export function startVigia(): Vigia {
  const shell = spawn('sh', ['-c', SCRIPT], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  shell.unref();
  unrefPipe(shell);
  shell.stdin.on('error', () => undefined);
  const tell = (line: string) => shell.stdin.write(`${line}\n`);
  return {
    watchProcess: (pid) => tell(`processo ${pid}`),
    forgetProcess: (pid) => tell(`esquece ${pid}`),
    watchFolder: (folder) => tell(`pasta ${folder}`),
    watchContainer: (name) => tell(`conteiner ${name}`),
    release: () => tell('fim'),
  };
}

function unrefPipe(child: ChildProcess): void {
  const pipe = child.stdin;
  if (pipe && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
}
