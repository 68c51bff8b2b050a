import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import mysql from 'mysql2/promise';
import { describe, expect, it, vi } from 'vitest';
import { startMariadb } from '../../src/demo/mariadb.ts';

const ours = () =>
  ['/dev/shm', tmpdir()]
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
    .filter((name) => name.includes('tele-clinica-mariadb-'));

describe('the private MariaDB', () => {
  it('keeps what was committed when the server is killed and started again', async () => {
    const mariadb = await startMariadb({ durable: true });
    try {
      const before = await mysql.createConnection(mariadb.rootUrl);
      await before.query('CREATE DATABASE prova');
      await before.query('CREATE TABLE prova.t (n INT) ENGINE=InnoDB');
      await before.query('INSERT INTO prova.t VALUES (42)');
      const lost = new Promise((resolve) => before.on('error', resolve));
      await mariadb.kill();
      await lost;
      await expect(mysql.createConnection(mariadb.rootUrl)).rejects.toMatchObject({ code: 'ECONNREFUSED' });

      await mariadb.restart();
      const after = await mysql.createConnection(mariadb.rootUrl);
      expect((await after.query('SELECT n FROM prova.t'))[0]).toEqual([{ n: 42 }]);
      await after.end();
    } finally {
      await mariadb.stop();
    }
  });

  it('refuses root without the password, and leaves no folder after a stop', async () => {
    const before = ours();
    const mariadb = await startMariadb();
    const made = ours().filter((folder) => !before.includes(folder));
    expect(made.length).toBeGreaterThan(0);
    await expect(
      mysql.createConnection({ host: '127.0.0.1', port: mariadb.port, user: 'root' }),
    ).rejects.toMatchObject({ code: 'ER_ACCESS_DENIED_ERROR' });
    const { pid } = mariadb;
    await mariadb.stop();
    expect(isAlive(pid)).toBe(false);
    expect(made.some(existsSync)).toBe(false);
  });

  it('disappears when the program that started it is killed', async () => {
    const starter = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', STARTER], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [chunk] = await once(starter.stdout, 'data');
    const pid = Number(String(chunk).trim());
    const folders = ours();
    expect(isAlive(pid)).toBe(true);

    starter.kill('SIGKILL');

    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });
    await vi.waitFor(() => expect(folders.every(existsSync)).toBe(false), { timeout: 10_000 });
  });
});

const STARTER = `
  const { startMariadb } = await import('./src/demo/mariadb.ts');
  const { pid } = await startMariadb();
  console.log(pid);
  setInterval(() => undefined, 1000);
`;

// A killed process that nobody has reaped yet still has a number, but no longer a program.
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}`) || existsSync(`/proc/${pid}/exe`);
  } catch {
    return false;
  }
}
