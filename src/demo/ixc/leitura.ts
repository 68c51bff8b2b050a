// What the stand-in's own pages read and write in IXC's database, as IXC itself would: freely.
import mysql from 'mysql2/promise';
import { z } from 'zod';

const Linha = z.object({
  id: z.number(),
  clienteId: z.number(),
  cliente: z.string().nullable(),
  documento: z.string().nullable(),
  plano: z.string().nullable(),
  filial: z.string().nullable(),
  status: z.string().nullable(),
  acesso: z.string().nullable(),
});

export type ContratoIxc = z.output<typeof Linha>;

const Operador = z.object({
  id: z.number(),
  nome: z.string(),
  grupo: z.string(),
  alcada: z.string(),
  filiais: z.string().nullable(),
});

export type OperadorDaTela = z.output<typeof Operador>;

export interface Leitura {
  /** Newest first; `antes` = ids below it only. */
  listContratos(busca: string, antes: number): Promise<ContratoIxc[]>;
  findContrato(id: number): Promise<ContratoIxc | undefined>;
  listProdutos(contrato: number): Promise<string[]>;
  listOperadores(): Promise<OperadorDaTela[]>;
  changeStatus(contrato: number, status: string, acesso: string): Promise<void>;
  end(): Promise<void>;
}

export const POR_PAGINA = 25;

const CONTRATOS = `SELECT c.id, c.id_cliente AS clienteId, p.razao AS cliente, p.cnpj_cpf AS documento, v.nome AS plano,
    f.fantasia AS filial, c.status, c.status_internet AS acesso
  FROM cliente_contrato c
  LEFT JOIN cliente p ON p.id = c.id_cliente
  LEFT JOIN vd_contratos v ON v.id = c.id_vd_contrato
  LEFT JOIN filial f ON f.id = c.id_filial`;

/** Opens IXC's database as its owner. */
export function openLeitura(dsn: string): Leitura {
  const pool = mysql.createPool({
    uri: dsn,
    connectionLimit: 4,
    dateStrings: true,
    charset: 'utf8mb4_general_ci',
  });
  const list = async <S extends z.ZodType>(schema: S, sql: string, params: (string | number)[]) => {
    const [found] = await pool.query<mysql.RowDataPacket[]>(sql, params);
    return found.map((row) => schema.parse(row));
  };
  return {
    listContratos: (busca, antes) => {
      const { where, params } = condition(busca);
      const page = `WHERE c.id < ? AND ${where} ORDER BY c.id DESC LIMIT ${POR_PAGINA}`;
      return list(Linha, `${CONTRATOS} ${page}`, [antes, ...params]);
    },
    findContrato: async (id) => (await list(Linha, `${CONTRATOS} WHERE c.id = ?`, [id]))[0],
    listProdutos: async (contrato) =>
      (await list(Produto, PRODUTOS, [contrato, contrato])).map((row) => row.descricao),
    listOperadores: () => list(Operador, OPERADORES, []),
    changeStatus: async (contrato, status, acesso) => {
      await pool.query('UPDATE cliente_contrato SET status = ?, status_internet = ? WHERE id = ?', [
        status,
        acesso,
        contrato,
      ]);
    },
    end: () => pool.end(),
  };
}

// A CPF as IXC keeps it, a contract number, or the beginning of a name.
function condition(busca: string): { where: string; params: (string | number)[] } {
  const digits = busca.replace(/\D/g, '');
  if (busca === '') return { where: 'TRUE', params: [] };
  if (digits.length === 11) {
    const masked = digits.replace(/^(\d{3})(\d{3})(\d{3})(\d{2})$/, '$1.$2.$3-$4');
    return { where: 'p.cnpj_cpf IN (?, ?)', params: [masked, digits] };
  }
  if (/^\d{1,9}$/.test(busca)) return { where: 'c.id = ?', params: [Number(busca)] };
  return { where: 'p.razao LIKE ?', params: [`${busca.replace(/[\\%_]/g, '\\$&')}%`] };
}

const Produto = z.object({ descricao: z.string() });

const PRODUTOS = `SELECT COALESCE(descricao, '') AS descricao FROM view_vd_contratos_produtos_gen WHERE cliente_contrato_id = ?
  UNION ALL SELECT CONCAT(descricao, ' (adicional)') FROM cliente_contrato_servicos WHERE id_contrato = ? AND status = 'A'`;

const OPERADORES = `SELECT u.id, u.nome, g.grupo, g.tipo_alcada AS alcada,
    IF(g.filtrar_filiais = 'S', GROUP_CONCAT(f.fantasia ORDER BY f.id SEPARATOR ', '), 'todas') AS filiais
  FROM usuarios u JOIN usuarios_grupo g ON g.id = u.id_grupo
  LEFT JOIN filial_usuario fu ON fu.usuario_id = u.id AND fu.ativo = 'S' LEFT JOIN filial f ON f.id = fu.filial_id
  WHERE u.status = 'A' AND u.id <= 10 GROUP BY u.id ORDER BY u.id`;
