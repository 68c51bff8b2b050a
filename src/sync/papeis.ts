// Which IXC group holds which roles: the mapping in our settings, what it means for people, and who must never be left out.
import { z } from 'zod';
import { sha256 } from '../crypto.ts';
import { type Db, type Pool, transaction } from '../db.ts';
import { type Grupo, listGrupos, listOperadoresAtivos, type OperadorAtivo } from '../ixc/operadores.ts';
import { invalid } from '../problem.ts';
import { audit } from './auditoria.ts';
import { deleteConfiguracao, type Guardada, readConfiguracao, writeConfiguracao } from './configuracoes.ts';
import type { Papel } from './tipos.ts';

export const PAPEIS = [
  'ver',
  'operar',
  'cancelar',
  'aprovar',
  'configurar',
  'dados',
] as const satisfies readonly Papel[];

/** Roles by the id of the IXC group. A group that is missing holds none. */
export type Mapa = Readonly<Record<string, readonly Papel[]>>;

/** A group with what it holds and the active operators in it. */
export interface GrupoComPapeis extends Grupo {
  papeis: ReadonlySet<Papel>;
  operadores: OperadorAtivo[];
}

/** Everything about who holds what, as of now. */
export interface Quadro {
  grupos: GrupoComPapeis[];
  /** undefined until first saved: the defaults hold. */
  mapa: Mapa | undefined;
  versao: string;
}

/** The saved mapping; its `valor` is undefined until first saved. */
export const readMapa = (db: Db): Promise<Guardada<Mapa>> =>
  readConfiguracao(db, 'papeis', z.record(z.string(), z.array(z.enum(PAPEIS))));

/** The roles of a group. Every role implies `ver`, nothing else (decisions 29). */
export function papeisOf(
  grupo: { id: number | null; tipoAlcada: Grupo['tipoAlcada'] },
  mapa: Mapa | undefined,
): Set<Papel> {
  const granted = mapa === undefined ? defaultPapeis(grupo.tipoAlcada) : (mapa[String(grupo.id)] ?? []);
  return new Set<Papel>(granted.length > 0 ? ['ver', ...granted] : []);
}

// Until a mapping is saved, IXC's administrators hold every role and nobody else holds any.
const defaultPapeis = (tipoAlcada: Grupo['tipoAlcada']): readonly Papel[] =>
  tipoAlcada === 'ADM' ? PAPEIS : [];

/** Reads groups, active operators and the mapping. */
export async function readQuadro({ db, ixc }: { db: Db; ixc: Db }): Promise<Quadro> {
  const [grupos, operadores, { valor: mapa, versao }] = await Promise.all([
    listGrupos(ixc),
    listOperadoresAtivos(ixc),
    readMapa(db),
  ]);
  return {
    mapa,
    versao,
    grupos: grupos.map((grupo) => ({
      ...grupo,
      papeis: papeisOf(grupo, mapa),
      operadores: operadores.filter(({ grupoId }) => grupoId === grupo.id),
    })),
  };
}

/** The mapping that is in force, written out: the saved one, or what the defaults amount to. */
export const mapaOf = ({ grupos }: Pick<Quadro, 'grupos'>): Mapa =>
  Object.fromEntries(grupos.map(({ id, papeis }) => [id, PAPEIS.filter((papel) => papeis.has(papel))]));

/**
 * The mapping of a form, one field for each mark: `g3_operar`. A group without marks holds nothing.
 * @throws Problem 422 naming each field whose group or role does not exist.
 */
export function parseMapa(grupos: readonly Grupo[], form: Record<string, string | undefined>): Mapa {
  const errors: Record<string, string> = {};
  const marked = new Map<number, Set<Papel>>(grupos.map(({ id }) => [id, new Set()]));
  for (const [field, value] of Object.entries(form)) {
    const [, grupo, nome] = /^g(\d+)_(\w+)$/.exec(field) ?? [];
    if (grupo === undefined || !value) continue;
    const papel = PAPEIS.find((each) => each === nome);
    const papeis = marked.get(Number(grupo));
    if (papeis === undefined) errors[field] = 'Este grupo não existe no IXC.';
    else if (papel === undefined) errors[field] = `Use ${PAPEIS.join(', ')}.`;
    else papeis.add('ver').add(papel);
  }
  if (Object.keys(errors).length > 0) throw invalid(errors);
  return Object.fromEntries(
    [...marked].map(([id, papeis]) => [id, PAPEIS.filter((papel) => papeis.has(papel))]),
  );
}

export interface MudancaDeGrupo {
  grupo: Grupo;
  ganha: Papel[];
  perde: Papel[];
  operadores: OperadorAtivo[];
}

export interface EfeitoDosPapeis {
  mudancas: MudancaDeGrupo[];
  /** Active operators who could still change this mapping: they hold `configurar` and see every branch. */
  guardioes: OperadorAtivo[];
  /** This operator would no longer hold `configurar`. */
  perdeConfigurar: boolean;
  /** Hash of the exact effect, people included. */
  resumo: string;
}

/** What saving `depois` over the present mapping would do, to whom. Pure. */
export function effectOf(quadro: Quadro, depois: Mapa, operadorId: number | null): EfeitoDosPapeis {
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
    resumo: sha256(JSON.stringify([quadro.versao, depois, mudancas])).toString('hex'),
  };
}

/** Active operators who hold `configurar` and see every branch: only they can change what holds everywhere. */
export const listGuardioes = (grupos: readonly GrupoComPapeis[]): OperadorAtivo[] =>
  grupos
    .filter(({ papeis, filtrarFiliais }) => papeis.has('configurar') && !filtrarFiliais)
    .flatMap(({ operadores }) => operadores);

/** Changes as the audit keeps them: `3 +operar`, `4 -configurar`. */
export const codesOf = (mudancas: readonly MudancaDeGrupo[]): string[] =>
  mudancas.flatMap(({ grupo, ganha, perde }) => [
    ...ganha.map((papel) => `${grupo.id} +${papel}`),
    ...perde.map((papel) => `${grupo.id} -${papel}`),
  ]);

/** Saves the mapping over `versao`; false when somebody saved another meanwhile. `operadorId` null = command line. */
export function saveMapa(
  db: Pool,
  operadorId: number | null,
  versao: string,
  { mapa, mudancas }: { mapa: Mapa; mudancas: string[] },
): Promise<boolean> {
  return transaction(db, async (tx) => {
    if (!(await writeConfiguracao(tx, 'papeis', versao, mapa))) return false;
    await audit(tx, { operadorId, evento: 'papeis_alterados', detalhe: { mudancas, ...byWhom(operadorId) } });
    return true;
  });
}

/** Deletes the mapping, so that the defaults hold again; false when there was none. */
export function restorePapeis(db: Pool, operadorId: number | null, mudancas: string[]): Promise<boolean> {
  return transaction(db, async (tx) => {
    if (!(await deleteConfiguracao(tx, 'papeis'))) return false;
    await audit(tx, {
      operadorId,
      evento: 'papeis_restaurados',
      detalhe: { mudancas, ...byWhom(operadorId) },
    });
    return true;
  });
}

const byWhom = (operadorId: number | null): { por?: string } =>
  operadorId === null ? { por: 'linha de comando' } : {};
