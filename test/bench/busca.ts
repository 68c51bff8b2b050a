// The search box of contratos, beside the shortest indexed SQL that finds the same rows.
import type { RowDataPacket } from 'mysql2';
import type { Params } from '../../src/db.ts';
import { parseBusca, spellings } from '../../src/ixc/busca.ts';
import { searchContratos } from '../../src/ixc/contratos.ts';
import { type Cronometrada, measure, measurePair } from './amostra.ts';
import type { Instalacao } from './instalacao.ts';
import type { Navegador } from './navegador.ts';
import { comparedLine, type Linha, timeLine } from './tabela.ts';

interface Caso {
  nome: string;
  /** What is typed, one after the other. */
  buscas: string[];
  sql: string;
  params: (busca: string) => Params;
  amostras: number;
}

const ALVO = { razao: 1.3, folgaMs: 5 };
const PESSOAS = 50;

const COLUMNS = `c.id, c.id_cliente, cl.razao, cl.cnpj_cpf, cl.tipo_pessoa, c.id_filial, f.fantasia, f.razao AS filial,
  c.id_vd_contrato, v.nome, c.tipo, c.status, c.status_internet, c.contrato_suspenso`;
const NAMES = 'LEFT JOIN filial f ON f.id = c.id_filial LEFT JOIN vd_contratos v ON v.id = c.id_vd_contrato';
const NEWEST = 'ORDER BY c.id DESC LIMIT 26';

const BY_CPF = `SELECT ${COLUMNS} FROM cliente cl JOIN cliente_contrato c ON c.id_cliente = cl.id ${NAMES}
  WHERE cl.cnpj_cpf IN (:comMascara, :semMascara) ${NEWEST}`;
const BY_ID = `SELECT ${COLUMNS} FROM cliente_contrato c LEFT JOIN cliente cl ON cl.id = c.id_cliente ${NAMES}
  WHERE c.id = :id`;
// Words anywhere in a name: for one that many have, the newest contracts in turn; for a rare one, the index of names.
const BY_COMMON_NAME = `SELECT ${COLUMNS} FROM cliente_contrato c STRAIGHT_JOIN cliente cl ON cl.id = c.id_cliente ${NAMES}
  WHERE cl.razao LIKE :palavra ${NEWEST}`;
const BY_RARE_NAME = `SELECT ${COLUMNS}
  FROM (SELECT id FROM cliente FORCE INDEX (razao) WHERE razao LIKE :palavra0 AND razao LIKE :palavra1
    AND razao LIKE :palavra2 AND razao >= '' ORDER BY razao LIMIT 1001) achados
  STRAIGHT_JOIN cliente cl ON cl.id = achados.id STRAIGHT_JOIN cliente_contrato c ON c.id_cliente = cl.id ${NAMES}
  ${NEWEST}`;

/** At the query layer beside bare SQL, and over HTTP for information. Throws when the rows are not the same. */
export async function measureBuscas(instalacao: Instalacao, navegador: Navegador): Promise<Linha[]> {
  const linhas: Linha[] = [];
  for (const caso of await listCasos(instalacao)) {
    for (const busca of caso.buscas.slice(0, 5)) await compareRows(instalacao, caso, busca);
    const ours = inTurn(caso.buscas, (busca) => search(instalacao, busca));
    const bare = inTurn(caso.buscas, (busca) => query(instalacao, caso, busca));
    const base = instalacao.ixc.contratos.toLocaleString('pt-BR');
    const nome = `Busca por ${caso.nome}, ${base}`;
    linhas.push(comparedLine(nome, await measurePair(ours, bare, caso.amostras), ALVO));
    const page = inTurn(caso.buscas, (busca) =>
      navegador.get(`/contratos?busca=${encodeURIComponent(busca)}`),
    );
    linhas.push(timeLine(`  a mesma, por HTTP`, await measure(page, Math.ceil(caso.amostras / 2))));
  }
  return linhas;
}

async function listCasos(instalacao: Instalacao): Promise<Caso[]> {
  const pessoas = await pickPessoas(instalacao);
  const of = (name: string) => pessoas.map((pessoa) => String(pessoa[name]));
  const like = (word: string | undefined) => `%${word ?? ''}%`;
  return [
    {
      nome: 'CPF',
      buscas: of('cnpj_cpf'),
      sql: BY_CPF,
      params: (busca) => {
        const [comMascara, semMascara] = spellings(busca.replace(/\D/g, ''));
        return { comMascara, semMascara };
      },
      amostras: 400,
    },
    {
      nome: 'número do contrato',
      buscas: of('id'),
      sql: BY_ID,
      params: (id) => ({ id: Number(id) }),
      amostras: 400,
    },
    {
      nome: 'nome comum (Silva)',
      buscas: ['silva'],
      sql: BY_COMMON_NAME,
      params: (busca) => ({ palavra: like(busca) }),
      amostras: 100,
    },
    {
      nome: 'nome completo',
      buscas: of('razao'),
      sql: BY_RARE_NAME,
      params: (busca) => {
        const [first, second, third] = busca.split(' ');
        return { palavra0: like(first), palavra1: like(second), palavra2: like(third) };
      },
      amostras: 50,
    },
  ];
}

// People with a clean register, spread over the whole base.
async function pickPessoas({ raiz, ixc }: Instalacao): Promise<RowDataPacket[]> {
  const [found] = await raiz.query<RowDataPacket[]>(
    `SELECT c.id, cl.cnpj_cpf, cl.razao FROM ${ixc.nome}.cliente_contrato c
       JOIN ${ixc.nome}.cliente cl ON cl.id = c.id_cliente
     WHERE c.id > 1000 AND c.id % ${Math.floor(ixc.contratos / PESSOAS / 4)} = 0 AND cl.tipo_pessoa = 'F'
       AND cl.razao REGEXP '^[^ ]{3,} [^ ]{3,} [^ ]{3,}$'`,
  );
  const clean = found.filter(
    (each) => parseBusca(each['cnpj_cpf']).tipo === 'documento' && parseBusca(each['razao']).tipo === 'nome',
  );
  if (clean.length < PESSOAS / 2) throw new Error(`só ${clean.length} pessoas para buscar`);
  return clean.slice(0, PESSOAS);
}

function inTurn(buscas: string[], work: (busca: string) => Promise<unknown>): Cronometrada {
  let next = 0;
  return async () => {
    const busca = buscas[next++ % buscas.length] ?? '';
    const start = performance.now();
    await work(busca);
    return performance.now() - start;
  };
}

const search = ({ sync, operador }: Instalacao, busca: string) =>
  searchContratos(sync.ixc, { busca, filiais: operador.filiais, limite: 25 });

async function query({ sync }: Instalacao, { sql, params }: Caso, busca: string): Promise<RowDataPacket[]> {
  const [found] = await sync.ixc.execute(sql, params(busca));
  return found as RowDataPacket[];
}

async function compareRows(instalacao: Instalacao, caso: Caso, busca: string): Promise<void> {
  const { linhas } = await search(instalacao, busca);
  const bare = (await query(instalacao, caso, busca)).slice(0, 25);
  const ids = [linhas, bare].map((each) => each.map(({ id }) => id).join(' '));
  if (linhas.length === 0 || ids[0] !== ids[1]) {
    throw new Error(
      `busca por ${caso.nome}: ${linhas.length} linhas nossas, ${bare.length} do SQL, ou outras`,
    );
  }
}
