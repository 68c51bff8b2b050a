// Rights: roles from the operator's IXC group, branches from IXC, read again every five minutes.
import { isDatabaseDown } from '../db.ts';
import { findOperador } from '../ixc/operadores.ts';
import type { OperadorIxc } from '../ixc/tipos.ts';
import { Problem } from '../problem.ts';
import type { Sync } from '../sync/contexto.ts';
import { type Mapa, papeisOf, readMapa, readVersaoDoMapa } from '../sync/papeis.ts';
import type { Operador } from '../sync/tipos.ts';

const FRESH_MS = 5 * 60_000;
// IXC not answering: the last known rights serve this much longer, then nothing is shown.
const STALE_MS = 2 * FRESH_MS;

export interface Direitos {
  /**
   * The operator with today's rights; undefined when IXC does not know this user or it is inactive. Read from IXC when
   * older than five minutes or of another mapping than the one in force, or at once with `fresh`.
   * @throws Problem 503 when IXC does not answer and what we know is too old.
   */
  find(operadorId: number, options?: { fresh?: boolean }): Promise<Operador | undefined>;
  /** Names of operators for the screens; one that IXC does not know becomes “Operador 12”. */
  namesOf(operadorIds: readonly number[]): Promise<Map<number, string>>;
  /** Roles changed here: nothing read before is used again. Other processes notice by the mapping's version. */
  forget(): void;
}

interface Known {
  operador: Operador | undefined;
  lidoEm: number;
  /** Of the mapping that the roles are from. */
  versao: string;
}

/** Keeps what was read in memory: a copy that any process can make again, never the truth. */
export function createDireitos(sync: Sync, now: () => number = Date.now): Direitos {
  const known = new Map<number, Known>();

  const read = async (operadorId: number): Promise<Operador | undefined> => {
    const [operador, { valor: mapa, versao }] = await Promise.all([
      findOperador(sync.ixc, operadorId),
      readMapa(sync.db),
    ]);
    const result = operador?.ativo ? withPapeis(operador, mapa) : undefined;
    known.set(operadorId, { operador: result, lidoEm: now(), versao });
    return result;
  };

  const find: Direitos['find'] = async (operadorId, { fresh = false } = {}) => {
    const versao = await readVersaoDoMapa(sync.db);
    const found = known.get(operadorId);
    const last = found?.versao === versao && !fresh ? found : undefined;
    const age = last ? now() - last.lidoEm : Number.POSITIVE_INFINITY;
    if (last && age <= FRESH_MS) return last.operador;
    try {
      return await read(operadorId);
    } catch (error) {
      if (!isDatabaseDown(error)) throw error;
      if (last && age <= STALE_MS) return last.operador;
      throw new Problem(
        503,
        'O IXC não respondeu, e sem ele não sabemos quais são os seus direitos.',
        'Nada foi perdido. Espere um minuto e tente de novo.',
        {},
        error,
      );
    }
  };

  const namesOf: Direitos['namesOf'] = async (operadorIds) => {
    const names = new Map<number, string>();
    for (const id of new Set(operadorIds)) {
      const operador = known.get(id)?.operador ?? (await findOperador(sync.ixc, id));
      names.set(id, operador?.nome || `Operador ${id}`);
    }
    return names;
  };

  return { find, namesOf, forget: () => known.clear() };
}

function withPapeis(operador: OperadorIxc, mapa: Mapa | undefined): Operador {
  const papeis = papeisOf({ id: operador.grupoId, tipoAlcada: operador.tipoAlcada }, mapa);
  return { id: operador.id, nome: operador.nome, papeis, filiais: operador.filiais };
}
