// IXC's operators: who they are, their group, and which branches they may see.
import { z } from 'zod';
import { type Db, optionalRow, rows } from '../db.ts';
import type { Filiais, OperadorIxc } from './tipos.ts';
import { codigo, idOuNulo, sim, texto } from './valores.ts';

export interface Grupo {
  id: number;
  nome: string;
  tipoAlcada: OperadorIxc['tipoAlcada'];
  filtrarFiliais: boolean;
}

const tipoAlcada = codigo.transform((valor) =>
  valor === 'ADM' || valor === 'SUP' || valor === 'OP' ? valor : '',
);

const operadorSchema = z.object({
  id: z.number(),
  nome: texto,
  ativo: sim,
  grupoId: idOuNulo,
  grupoNome: texto,
  tipoAlcada,
  filtrarFiliais: sim,
});

/** The operator as IXC has it this moment, or undefined when there is none. One without group sees no branch. */
export async function findOperador(ixc: Db, id: number): Promise<OperadorIxc | undefined> {
  const lido = await optionalRow(
    ixc,
    `SELECT u.id, u.nome, IF(u.status = 'A', 'S', 'N') AS ativo, g.id AS grupoId, g.grupo AS grupoNome,
       g.tipo_alcada AS tipoAlcada, g.filtrar_filiais AS filtrarFiliais
     FROM usuarios u LEFT JOIN usuarios_grupo g ON g.id = u.id_grupo
     WHERE u.id = :id`,
    { id },
    operadorSchema,
  );
  if (lido === undefined) return undefined;
  const { filtrarFiliais, ...operador } = lido;
  if (lido.grupoId === null) return { ...operador, filiais: [] };
  return { ...operador, filiais: filtrarFiliais ? await listFiliaisDoOperador(ixc, id) : 'todas' };
}

/** Every group, by name. */
export function listGrupos(ixc: Db): Promise<Grupo[]> {
  return rows(
    ixc,
    `SELECT id, grupo AS nome, tipo_alcada AS tipoAlcada, filtrar_filiais AS filtrarFiliais
     FROM usuarios_grupo ORDER BY grupo, id`,
    {},
    z.object({ id: z.number(), nome: texto, tipoAlcada, filtrarFiliais: sim }),
  );
}

export interface OperadorAtivo {
  id: number;
  nome: string;
  grupoId: number;
}

/** Every active operator that has a group, by name. */
export function listOperadoresAtivos(ixc: Db): Promise<OperadorAtivo[]> {
  return rows(
    ixc,
    "SELECT id, nome, id_grupo AS grupoId FROM usuarios WHERE status = 'A' AND id_grupo > 0 ORDER BY nome, id",
    {},
    z.object({ id: z.number(), nome: texto, grupoId: z.number() }),
  );
}

async function listFiliaisDoOperador(ixc: Db, id: number): Promise<Filiais> {
  const lidas = await rows(
    ixc,
    `SELECT DISTINCT filial_id AS filialId FROM filial_usuario
     WHERE usuario_id = :id AND ativo = 'S' AND filial_id > 0 ORDER BY filial_id`,
    { id },
    z.object({ filialId: z.number() }),
  );
  return lidas.map(({ filialId }) => filialId);
}
