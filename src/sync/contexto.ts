// What every part of sync needs: the two databases, our keys, the partner's profiles, and a way to wake the worker.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { decrypt, encrypt, fingerprint } from '../crypto.ts';
import { type Pool, row, run } from '../db.ts';
import type { Log } from '../log.ts';
import { loadPerfis, type Perfil } from '../teleclinica/perfil.ts';

export interface Sync {
  db: Pool;
  ixc: Pool;
  config: Config;
  log: Log;
  perfis: ReadonlyMap<string, Perfil>;
  /** Tells installations apart in every reference that we give the partner. */
  instalacao: string;
  /** Key of the fingerprints of persons. */
  chaveImpressao: Buffer;
  /** Tells the worker of this process that there is something to do. */
  wake(): void;
}

const PERFIS = new URL('../../plugin/perfis/', import.meta.url);
const CONTEXTO_DA_CHAVE = 'instalacao:chave_impressao';

/**
 * Prepares the context once at start. The first start of an installation makes its code and its fingerprint key.
 * @throws when a profile is wrong (naming the place) or APP_KEY does not open the stored key.
 */
export async function createSync(base: Pick<Sync, 'db' | 'ixc' | 'config' | 'log' | 'wake'>): Promise<Sync> {
  const perfis = loadPerfisInstalados();
  await run(
    base.db,
    `INSERT IGNORE INTO instalacao (id, codigo, chave_impressao, criado_em)
     VALUES (1, :codigo, :chave, UTC_TIMESTAMP(3))`,
    {
      codigo: randomBytes(4).toString('hex'),
      chave: encrypt(base.config.appKey, CONTEXTO_DA_CHAVE, randomBytes(32)),
    },
  );
  const found = await row(
    base.db,
    'SELECT codigo, chave_impressao FROM instalacao WHERE id = 1',
    {},
    z.object({ codigo: z.string(), chave_impressao: z.instanceof(Buffer) }),
  );
  return {
    ...base,
    perfis,
    instalacao: found.codigo,
    chaveImpressao: openKey(base.config, found.chave_impressao),
  };
}

/** The profiles shipped in `plugin/perfis`, by name. @throws naming file and place of each error. */
export const loadPerfisInstalados = (): ReadonlyMap<string, Perfil> => loadPerfis(fileURLToPath(PERFIS));

function openKey(config: Config, stored: Buffer): Buffer {
  try {
    return decrypt(config.appKey, CONTEXTO_DA_CHAVE, stored);
  } catch (cause) {
    throw new Error('APP_KEY não abre as chaves guardadas neste banco: use a chave com que ele foi criado.', {
      cause,
    });
  }
}

/** Fingerprint of a person: HMAC of the CPF's 11 digits. The CPF itself is never stored. */
export const impressaoDoCpf = (sync: Pick<Sync, 'chaveImpressao'>, cpf: string): Buffer =>
  fingerprint(sync.chaveImpressao, 'identidade', cpf);

/** What every reference of this installation at the partner begins with. */
export const referencePrefix = (sync: Pick<Sync, 'instalacao'>): string => `ixc-${sync.instalacao}-`;

/** Our reference at the partner (decisions 6): holds no personal data. */
export const externalIdOf = (sync: Pick<Sync, 'instalacao'>, usuarioId: number, vez: number): string =>
  `${referencePrefix(sync)}${usuarioId}-${vez}`;
