// The group of IXC's PHP: what it must read, and nobody else, is given to it.
import { spawnSync } from 'node:child_process';
import { Recusa } from '../fala.ts';

/** The id of a group; undefined when we are not root and cannot give files to it. @throws Recusa when there is none. */
export function groupId(nome: string): number | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const found = spawnSync('getent', ['group', nome], { encoding: 'utf8' }).stdout.split(':')[2];
  if (found === undefined)
    throw new Recusa(
      `O grupo ${nome} não existe aqui.`,
      'Diga em php_grupo o grupo com que o PHP do IXC roda.',
    );
  return Number(found);
}
