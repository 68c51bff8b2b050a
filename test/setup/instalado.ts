// The plugin put into the PHP stand-in by the installer, with accounts and a schema of a test's own on the tests' server.
import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import mysql from 'mysql2/promise';
import { inject } from 'vitest';
import type { CasaPhp } from '../../src/demo/php/casa.ts';
import { type Instalado, installPlugin } from '../../src/demo/php/instalacao.ts';
import { own } from '../../src/demo/php/processos.ts';
import { placesIn } from '../../src/instalar/obra.ts';

export interface Instalacao extends Instalado {
  /** Removes its accounts and its schema. */
  drop(): Promise<void>;
}

/**
 * `chave` = the private key that launches are signed with, kept from an installation before; without it the installer
 * makes one. `dadas` are further answers. Call `drop` in afterAll.
 */
export async function installInCasa(
  casa: CasaPhp,
  { porta, chave, ...dadas }: { porta: number; chave?: KeyObject } & Record<string, unknown>,
): Promise<Instalacao> {
  const rootUrl = inject('mariadbRootUrl');
  const name = `${casa.respostas['ixc_banco']}_${porta}`;
  const names = { banco: `${name}_b`, banco_usuario: `${name}_d`, ixc_usuario: `${name}_l` };
  if (chave) keepKeys(casa.raiz, chave);
  const instalado = await installPlugin(casa, {
    banco_admin: `${rootUrl}/`,
    banco_servidor: new URL(rootUrl).host,
    porta: String(porta),
    ...names,
    ...(dadas as Record<string, string>),
  });
  return {
    ...instalado,
    drop: async () => {
      const root = await mysql.createConnection({ uri: rootUrl });
      await root.query(`DROP DATABASE IF EXISTS ${names.banco}`);
      for (const user of [names.banco_usuario, names.ixc_usuario])
        await root.query(`DROP USER IF EXISTS ${user}`);
      await root.end();
    },
  };
}

// What an uninstallation that kept the data leaves behind.
function keepKeys(raiz: string, chave: KeyObject): void {
  const { launchPrivada, launchPublica } = placesIn(raiz);
  mkdirSync(path.dirname(launchPrivada), { recursive: true });
  writeFileSync(launchPrivada, chave.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o440 });
  own(launchPrivada);
  writeFileSync(launchPublica, createPublicKey(chave).export({ type: 'spki', format: 'pem' }));
}
