// Which IXC group holds which roles: the mapping in our settings, and which people it means.
import { z } from 'zod';
import type { Db } from '../db.ts';
import { type Grupo, listGrupos, listOperadoresAtivos, type OperadorAtivo } from '../ixc/operadores.ts';
import { invalid } from '../problem.ts';
import { type Guardada, readConfiguracao, readVersao } from './configuracoes.ts';
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

// A role that this version does not know is nobody's: it must not keep everybody out.
const Concedidos = z
  .array(z.unknown())
  .catch([])
  .transform((nomes) => PAPEIS.filter((papel) => nomes.includes(papel)));

/** The saved mapping, without roles that do not exist; its `valor` is undefined until first saved. */
export const readMapa = (db: Db): Promise<Guardada<Mapa>> =>
  readConfiguracao(db, 'papeis', z.record(z.string(), Concedidos).catch({}));

/** The version of the saved mapping alone: cheap enough for every request. */
export const readVersaoDoMapa = (db: Db): Promise<string> => readVersao(db, 'papeis');

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
 * Active operators who can change this mapping and whatever else holds for the whole provider: those with `configurar`
 * who see every branch; where IXC filters the branches of all who hold it, any of them (decisions 29).
 */
export function listGuardioes(grupos: readonly GrupoComPapeis[]): OperadorAtivo[] {
  const holders = grupos.filter(
    ({ papeis, operadores }) => papeis.has('configurar') && operadores.length > 0,
  );
  const wide = holders.filter(({ filtrarFiliais }) => !filtrarFiliais);
  return (wide.length > 0 ? wide : holders).flatMap(({ operadores }) => operadores);
}

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
