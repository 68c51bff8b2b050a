// A contract as one line of a grid, with the names of its client, branch and plano de venda, however many are missing.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';
import type { Trecho } from './sql.ts';
import type { ContratoLinha } from './tipos.ts';
import { codigo, documento, idOuNulo, sim, texto, tipoPessoa } from './valores.ts';

export const LINHA_COLUMNS = `
  c.id, c.id_cliente AS clienteId, cl.id AS clienteLido, cl.razao AS clienteNome, cl.cnpj_cpf AS documento,
  cl.tipo_pessoa AS tipoPessoa, c.id_filial AS filialId, f.id AS filialLida, f.fantasia AS filialFantasia,
  f.razao AS filialRazao, c.id_vd_contrato AS planoDeVendaId, v.id AS planoDeVendaLido, v.nome AS planoDeVendaNome,
  c.tipo, c.status, c.status_internet AS statusInternet, c.contrato_suspenso AS suspenso`;

export const LINHA_JOINS = `
  LEFT JOIN cliente cl ON cl.id = c.id_cliente
  LEFT JOIN filial f ON f.id = c.id_filial
  LEFT JOIN vd_contratos v ON v.id = c.id_vd_contrato`;

/** A row of LINHA_COLUMNS; the `…Lido` ids are null where IXC points at a row that does not exist. */
export const linhaSchema = z.object({
  id: z.number(),
  clienteId: z.number(),
  clienteLido: idOuNulo,
  clienteNome: texto,
  documento,
  tipoPessoa,
  filialId: idOuNulo,
  filialLida: idOuNulo,
  filialFantasia: texto,
  filialRazao: texto,
  planoDeVendaId: z.number(),
  planoDeVendaLido: idOuNulo,
  planoDeVendaNome: texto,
  tipo: codigo,
  status: codigo,
  statusInternet: codigo,
  suspenso: sim,
});

type LinhaLida = z.output<typeof linhaSchema>;

/** A row as read → a line, with whatever else was read along; null stands for the name of a missing client. */
export function toLinha<T extends LinhaLida>(lida: T) {
  const { clienteLido, clienteNome, filialLida, filialFantasia, filialRazao, planoDeVendaLido, ...linha } =
    lida;
  return {
    ...linha,
    clienteNome: clienteLido === null ? null : clienteNome,
    filialNome: filialFantasia || filialRazao,
  };
}

/** The lines of the contracts whose ids the SELECT in `ids` answers, newest first. */
export async function listLinhas(ixc: Db, ids: Trecho): Promise<ContratoLinha[]> {
  const lidas = await rows(
    ixc,
    // STRAIGHT_JOIN: the few ids first, whatever the server guesses about how many they are.
    `SELECT ${LINHA_COLUMNS}
     FROM (${ids.sql}) pagina STRAIGHT_JOIN cliente_contrato c ON c.id = pagina.id ${LINHA_JOINS}
     ORDER BY c.id DESC`,
    ids.params,
    linhaSchema,
  );
  return lidas.map((lida) => toLinha(lida));
}
