// Accepting a structure of IXC's that changed: a person's decision, after which the next run is a prévia.
import { run, transaction } from '../../db.ts';
import { readEstrutura } from '../../ixc/base.ts';
import { conflict } from '../../problem.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import type { Operador } from '../tipos.ts';
import { loadMemoria, stillRead } from './base.ts';
import { missingFrom } from './sentinelas.ts';

/** Columns that were remembered and are gone or of another type now, as `table.column`. */
export async function listMudadas(sync: Sync): Promise<string[]> {
  const { estrutura } = await loadMemoria(sync);
  return estrutura === null ? [] : missingFrom(await readEstrutura(sync.ixc), stillRead(estrutura));
}

/**
 * Takes the columns of now for the right ones. Everything is read again, and what it would change waits for a person.
 * @throws Problem 409 when nothing changed.
 */
export async function acceptEstrutura(sync: Sync, operador: Operador): Promise<void> {
  const mudadas = await listMudadas(sync);
  if (mudadas.length === 0) {
    throw conflict('As colunas do IXC são as que conhecemos.', 'Não há mudança a aceitar.');
  }
  const estrutura = (await readEstrutura(sync.ixc)).join('\n');
  await transaction(sync.db, async (tx) => {
    await run(
      tx,
      'UPDATE varredura SET estrutura = :estrutura, regime = NULL, completa_em = NULL WHERE id = 1',
      { estrutura },
    );
    await audit(tx, {
      operadorId: operador.id,
      evento: 'estrutura_aceita',
      detalhe: { colunas: mudadas },
    });
  });
}
