// The lists behind the pages, beside the shortest indexed SQL for the same rows: a page's own baseline cannot show a slow query.
import type { RowDataPacket } from 'mysql2';
import { searchContratos } from '../../src/ixc/contratos.ts';
import type { UsuariosFilter } from '../../src/sync/filtroDeUsuarios.ts';
import { listUsuarios } from '../../src/sync/usuarios.ts';
import { measurePair, timed } from './amostra.ts';
import type { Instalacao } from './instalacao.ts';
import { comparedLine, type Linha } from './tabela.ts';

const LIMITE = 25;
const AMOSTRAS = 200;
// The same promise as for the search box.
const ALVO = { razao: 1.3, folgaMs: 5 };

const CONTRATOS = `SELECT c.id, c.id_cliente, cl.razao, cl.cnpj_cpf, cl.tipo_pessoa, c.id_filial, f.fantasia,
    f.razao AS filial, c.id_vd_contrato, v.nome, c.tipo, c.status, c.status_internet, c.contrato_suspenso
  FROM (SELECT id FROM cliente_contrato ORDER BY id DESC LIMIT 26) pagina
  STRAIGHT_JOIN cliente_contrato c ON c.id = pagina.id LEFT JOIN cliente cl ON cl.id = c.id_cliente
  LEFT JOIN filial f ON f.id = c.id_filial LEFT JOIN vd_contratos v ON v.id = c.id_vd_contrato ORDER BY c.id DESC`;

const usuariosWhere = (condition: string) => `SELECT u.*, i.nome AS integracao, p.nome AS plano
  FROM (SELECT id FROM usuarios WHERE ${condition} ORDER BY id DESC LIMIT 26) pagina
  STRAIGHT_JOIN usuarios u ON u.id = pagina.id STRAIGHT_JOIN integracoes i ON i.id = u.integracao_id
  LEFT JOIN planos p ON p.id = u.desejado_plano_id ORDER BY u.id DESC`;
const ADESOES = `SELECT a.*, p.nome AS plano FROM adesoes a LEFT JOIN planos p ON p.id = a.plano_id
  WHERE a.usuario_id IN`;

/** First pages without the server and without views. Throws when the rows are not the same. */
export async function measureListas(instalacao: Instalacao): Promise<Linha[]> {
  const base = instalacao.ixc.contratos.toLocaleString('pt-BR');
  const all = usuariosWhere('TRUE');
  const blocked = usuariosWhere("observada = 'bloqueado'");
  return [
    await compare(
      `Consulta de contratos, ${base}`,
      () => ourContratos(instalacao),
      () => bareContratos(instalacao),
    ),
    await compare(
      `Consulta de usuários, ${base}`,
      () => ourUsuarios(instalacao, {}),
      () => bareUsuarios(instalacao, all),
    ),
    await compare(
      `Consulta de usuários bloqueados, ${base}`,
      () => ourUsuarios(instalacao, { situacao: 'bloqueado' }),
      () => bareUsuarios(instalacao, blocked),
    ),
  ];
}

type Ids = () => Promise<number[]>;

async function compare(nome: string, ours: Ids, bare: Ids): Promise<Linha> {
  const [mine, plain] = [await ours(), await bare()];
  if (mine.length !== LIMITE || mine.join() !== plain.slice(0, LIMITE).join()) {
    throw new Error(`${nome}: as linhas não são as mesmas`);
  }
  return comparedLine(nome, await measurePair(timed(ours), timed(bare), AMOSTRAS), ALVO);
}

async function ourContratos({ sync, operador }: Instalacao): Promise<number[]> {
  const { linhas } = await searchContratos(sync.ixc, {
    busca: '',
    filiais: operador.filiais,
    limite: LIMITE,
  });
  return linhas.map(({ id }) => id);
}

async function ourUsuarios({ sync, operador }: Instalacao, filter: Partial<UsuariosFilter>) {
  const { usuarios } = await listUsuarios(sync.db, { filiais: operador.filiais, limite: LIMITE, ...filter });
  return usuarios.map(({ id }) => id);
}

async function bareContratos({ sync }: Instalacao): Promise<number[]> {
  const [found] = await sync.ixc.execute(CONTRATOS);
  return (found as RowDataPacket[]).map(({ id }) => id);
}

async function bareUsuarios({ sync }: Instalacao, sql: string): Promise<number[]> {
  const [found] = await sync.db.execute(sql);
  const ids = (found as RowDataPacket[]).map(({ id }) => Number(id));
  await sync.db.execute(`${ADESOES} (${ids.map((_, i) => `:p${i}`).join(', ')}) ORDER BY a.id`, {
    ...Object.fromEntries(ids.map((id, i) => [`p${i}`, id])),
  });
  return ids;
}
