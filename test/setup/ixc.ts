// What IXC's own people do during a test: new clients and contracts, changed states, corrected registers.
import mysql from 'mysql2/promise';
import { insertRows, openCarga } from '../../src/demo/ixc/carga.ts';
import { PLANOS_DE_VENDA, PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import {
  type ClienteDado,
  type ContratoDado,
  clienteRow,
  contratoRow,
  type Linha,
  produtoDoContratoRow,
  type Valor,
} from '../../src/demo/ixc/linhas.ts';
import { celular, cpfDigits, maskCpf } from '../../src/demo/ixc/sorteio.ts';

type Tabela =
  | 'cliente'
  | 'cliente_contrato'
  | 'vd_contratos_produtos'
  | 'cliente_contrato_servicos'
  | 'usuarios';

export interface IxcEscrita {
  /** A clean adult with a valid CPF of its own; answers the client id. */
  addCliente(dado?: Partial<ClienteDado>): Promise<number>;
  /** An active contract of that client with the product `PRODUTOS.individual` (null = no product); answers its id. */
  addContrato(cliente: number, dado?: Partial<ContratoDado>, produto?: number | null): Promise<number>;
  /** UPDATE of one row by id; the row's `ultima_atualizacao` moves as in IXC. */
  change(tabela: Tabela, id: number, values: Record<string, Valor>): Promise<void>;
  /** Removes one row by id, whatever still points to it. */
  remove(tabela: Tabela, id: number): Promise<void>;
  /** Any statement. */
  query(sql: string): Promise<void>;
  end(): Promise<void>;
}

let lastId = 2_000_000;

/** Opens a writer on `Bancos.ixcEscritaUrl`. */
export async function openIxcEscrita(url: string): Promise<IxcEscrita> {
  const connection = await openCarga(url);
  await connection.query('SET autocommit = 1');
  const insert = (table: Tabela, row: Linha) => insertRows(connection, table, [changedNow(row)]);
  return {
    addCliente: async (dado = {}) => {
      const id = dado.id ?? ++lastId;
      await insert('cliente', clienteRow({ ...ordinaryCliente(id), ...dado }));
      return id;
    },
    addContrato: async (cliente, dado = {}, produto = PRODUTOS.individual.id) => {
      const id = dado.id ?? ++lastId;
      await insert('cliente_contrato', contratoRow({ ...ordinaryContrato(id, cliente), ...dado }));
      if (produto !== null) {
        const row = produtoDoContratoRow(id, { id: produto, descricao: `Produto ${produto}` }, 'SVA');
        await insert('vd_contratos_produtos', row);
      }
      return id;
    },
    change: async (tabela, id, values) => {
      await connection.query(`UPDATE ${tabela} SET ? WHERE id = ${mysql.escape(id)}`, [values]);
    },
    remove: async (tabela, id) => {
      await connection.query(`DELETE FROM ${tabela} WHERE id = ?`, [id]);
    },
    query: async (sql) => {
      await connection.query(sql);
    },
    end: () => connection.end(),
  };
}

// Left out, the column takes the server's clock: that is how IXC marks a new row.
function changedNow({ ultima_atualizacao: _, ...row }: Linha): Linha {
  return row;
}

function ordinaryCliente(id: number): ClienteDado {
  return {
    id,
    razao: `Pessoa de Teste ${id}`,
    cnpj_cpf: maskCpf(cpfDigits(0, id)),
    email: `pessoa${id}@example.com`,
    celular: celular(0, id, 9),
    nascimento: '1980-05-17',
    filial: 1,
    tipo: 'F',
    mudouHa: 0,
  };
}

function ordinaryContrato(id: number, cliente: number): ContratoDado {
  const { id: plano, nome: planoNome } = PLANOS_DE_VENDA.fibra;
  return { id, cliente, plano, planoNome, filial: 1, tipo: 'I', status: 'A', acesso: 'A', mudouHa: 0 };
}
