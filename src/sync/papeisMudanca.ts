// Changing which IXC group holds which roles: who gains and who loses, the refusal to lock everybody out, and the saving.
import { sha256 } from '../crypto.ts';
import { type Db, type Pool, transaction } from '../db.ts';
import type { Grupo, OperadorAtivo } from '../ixc/operadores.ts';
import { Problem } from '../problem.ts';
import { audit } from './auditoria.ts';
import { deleteConfiguracao, writeConfiguracao } from './configuracoes.ts';
import { listGuardioes, type Mapa, PAPEIS, papeisOf, type Quadro, readQuadro } from './papeis.ts';
import type { Papel } from './tipos.ts';

export interface MudancaDeGrupo {
  grupo: Grupo;
  ganha: Papel[];
  perde: Papel[];
  operadores: OperadorAtivo[];
}

export interface EfeitoDosPapeis {
  mudancas: MudancaDeGrupo[];
  /** Who could change the mapping afterwards. */
  guardioes: OperadorAtivo[];
  /** This operator would no longer hold `configurar`. */
  perdeConfigurar: boolean;
  /** Hash of the exact effect, people included. */
  resumo: string;
}

/** What saving `depois` (undefined = back to the defaults) over the present mapping would do, to whom. Pure. */
export function effectOf(
  quadro: Quadro,
  depois: Mapa | undefined,
  operadorId: number | null,
): EfeitoDosPapeis {
  const mudancas = quadro.grupos.flatMap((grupo) => {
    const novos = papeisOf(grupo, depois);
    const ganha = PAPEIS.filter((papel) => novos.has(papel) && !grupo.papeis.has(papel));
    const perde = PAPEIS.filter((papel) => !novos.has(papel) && grupo.papeis.has(papel));
    return ganha.length + perde.length === 0 ? [] : [{ grupo, ganha, perde, operadores: grupo.operadores }];
  });
  const own = mudancas.find(({ operadores }) => operadores.some(({ id }) => id === operadorId));
  return {
    mudancas,
    guardioes: listGuardioes(quadro.grupos.map((grupo) => ({ ...grupo, papeis: papeisOf(grupo, depois) }))),
    perdeConfigurar: own?.perde.includes('configurar') ?? false,
    resumo: sha256(JSON.stringify([quadro.versao, depois ?? null, mudancas])).toString('hex'),
  };
}

/**
 * Refuses a mapping under which no active operator holds `configurar` (decisions 29). Where nobody holds it already,
 * whatever takes nothing away and gives somebody something is let through.
 * @throws Problem 422.
 */
export function refuseLockOut(quadro: Quadro, { guardioes, mudancas }: EfeitoDosPapeis): void {
  if (guardioes.length > 0) return;
  const takes = mudancas.some(({ perde }) => perde.length > 0);
  const gives = mudancas.some(({ ganha, operadores }) => ganha.length > 0 && operadores.length > 0);
  if (listGuardioes(quadro.grupos).length === 0 && gives && !takes) return;
  throw new Problem(
    422,
    'Com esta tabela ninguém mais poderia configurar.',
    'Mantenha “configurar” em ao menos um grupo com operador ativo no IXC.',
    { configurar: 'Nenhum operador ativo ficaria com “configurar”.' },
  );
}

/** Changes as the audit keeps them: `3 +operar`, `4 -configurar`. */
export const codesOf = (mudancas: readonly MudancaDeGrupo[]): string[] =>
  mudancas.flatMap(({ grupo, ganha, perde }) => [
    ...ganha.map((papel) => `${grupo.id} +${papel}`),
    ...perde.map((papel) => `${grupo.id} -${papel}`),
  ]);

/**
 * Saves the mapping (undefined = back to the defaults) if its effect still is the one of `resumo`; false when roles,
 * groups or people have changed since. `operadorId` null = the command line.
 * @throws Problem 422 when it would lock everybody out.
 */
export async function saveMapa(
  { db, ixc }: { db: Pool; ixc: Db },
  operadorId: number | null,
  mapa: Mapa | undefined,
  resumo: string,
): Promise<boolean> {
  const quadro = await readQuadro({ db, ixc });
  const efeito = effectOf(quadro, mapa, operadorId);
  if (efeito.resumo !== resumo) return false;
  refuseLockOut(quadro, efeito);
  return transaction(db, async (tx) => {
    const written =
      mapa === undefined
        ? await deleteConfiguracao(tx, 'papeis', quadro.versao)
        : await writeConfiguracao(tx, 'papeis', quadro.versao, mapa);
    if (!written) return false;
    await audit(tx, {
      operadorId,
      evento: mapa === undefined ? 'papeis_restaurados' : 'papeis_alterados',
      detalhe: {
        mudancas: codesOf(efeito.mudancas),
        ...(operadorId === null ? { por: 'linha de comando' } : {}),
      },
    });
    return true;
  });
}
