// Runs the official MariaDB image when this machine has a Docker engine but no server program.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Server, ServerSettings } from './mariadb.ts';
import type { Vigia } from './vigia.ts';

const IMAGE = 'mariadb:10.11';
const START_TIMEOUT_MS = 180_000;

/** A container whose port is published on 127.0.0.1 only; its data live and die with it. */
export function dockerServer(settings: ServerSettings, vigia: Vigia): Server {
  const name = `tele-clinica-${randomBytes(6).toString('hex')}`;
  let created = false;
  return {
    pid: () => Number(docker(['inspect', '--format', '{{.State.Pid}}', name])),
    start: async () => {
      vigia.watchContainer(name);
      const args = created ? ['start', name] : createArguments(name, settings);
      // Before the command: one that fails half-way (the port was taken meanwhile) leaves the container behind.
      created = true;
      docker(args);
      await waitForGreeting(settings.port);
    },
    stop: async () => {
      if (created) tryDocker(['stop', name]);
    },
    kill: async () => {
      docker(['kill', name]);
    },
    remove: async () => {
      if (created) tryDocker(['rm', '--force', '--volumes', name]);
    },
  };
}

function createArguments(name: string, { port, rootPassword, flags }: ServerSettings): string[] {
  const variables = ['--env', `MARIADB_ROOT_PASSWORD=${rootPassword}`, '--env', 'MARIADB_ROOT_HOST=%'];
  return [
    'run',
    '--detach',
    '--name',
    name,
    '--publish',
    `127.0.0.1:${port}:3306`,
    ...variables,
    IMAGE,
    ...flags,
  ];
}

// What cannot be cleared away because it never came to be must not hide why.
function tryDocker(args: string[]): void {
  spawnSync('docker', args, { stdio: 'ignore' });
}

function docker(args: string[]): string {
  const run = spawnSync('docker', args, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`docker ${args[0]} falhou: ${run.stderr}`);
  return run.stdout.trim();
}

// The image first runs a server without a network to set itself up: only a protocol greeting means that it is ready.
async function waitForGreeting(port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (await greets(port)) return;
    await pause(200);
  }
  throw new Error('O MariaDB do Docker não respondeu a tempo.');
}

async function greets(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  const failed = once(socket, 'close').then(() => false);
  socket.on('error', () => undefined);
  const heard = once(socket, 'data').then(
    () => true,
    () => false,
  );
  const answer = await Promise.race([heard, failed]);
  socket.destroy();
  return answer;
}
