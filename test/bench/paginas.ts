// A page of contratos and of usuários over HTTP, beside the same queries and the same views without the server.
import type { RowDataPacket } from 'mysql2';
import { listContratosPorId, searchContratos } from '../../src/ixc/contratos.ts';
import { listPlanos } from '../../src/sync/planos.ts';
import { listUsuarios, listUsuariosDeContratos } from '../../src/sync/usuarios.ts';
import { createArquivos } from '../../src/web/arquivos.ts';
import * as formato from '../../src/web/formato.ts';
import type { Visao } from '../../src/web/grade.ts';
import { contratosLocals } from '../../src/web/gradeDeContratos.ts';
import { usuariosLocals } from '../../src/web/gradeDeUsuarios.ts';
import * as palavras from '../../src/web/palavras.ts';
import { createViews, type Locals } from '../../src/web/render.ts';
import { measurePair, timed } from './amostra.ts';
import { BASE_PATH, type Instalacao } from './instalacao.ts';
import type { Navegador } from './navegador.ts';
import { comparedLine, type Linha } from './tabela.ts';

const LIMITE = 25;
const AMOSTRAS = 300;
const ALVO = { razao: 1.5, folgaMs: 5 };

interface Pagina {
  nome: string;
  caminho: string;
  /** The same HTML, made here. */
  draw: () => Promise<string>;
}

/** Page 1 and the page in the middle, of contratos and of usuários. Throws when both sides differ in what they show. */
export async function measurePaginas(instalacao: Instalacao, navegador: Navegador): Promise<Linha[]> {
  const linhas: Linha[] = [];
  for (const pagina of await listPaginas(instalacao)) {
    const { nome, caminho, draw } = pagina;
    compareGrids(nome, (await navegador.get(caminho)).texto(), await draw());
    const http = async () => (await navegador.get(caminho)).ms;
    linhas.push(comparedLine(nome, await measurePair(http, timed(draw), AMOSTRAS), ALVO));
  }
  return linhas;
}

async function listPaginas(instalacao: Instalacao): Promise<Pagina[]> {
  const { contratos, nome } = instalacao.ixc;
  const base = contratos.toLocaleString('pt-BR');
  const contrato = await middleOf(instalacao, `${nome}.cliente_contrato`);
  const usuario = await middleOf(instalacao, 'usuarios');
  const page = (what: string, pagina: number) => `${what}, ${base}: página ${pagina.toLocaleString('pt-BR')}`;
  return [
    { nome: page('Contratos', 1), caminho: '/contratos', draw: () => drawContratos(instalacao, undefined) },
    {
      nome: page('Contratos', contrato.pagina),
      caminho: `/contratos?depois=${contrato.depois}`,
      draw: () => drawContratos(instalacao, contrato.depois),
    },
    { nome: page('Usuários', 1), caminho: '/usuarios', draw: () => drawUsuarios(instalacao, undefined) },
    {
      nome: page('Usuários', usuario.pagina),
      caminho: `/usuarios?depois=${usuario.depois}`,
      draw: () => drawUsuarios(instalacao, usuario.depois),
    },
  ];
}

// The page half-way down a table, newest first, and the key that opens it.
async function middleOf({ raiz }: Instalacao, table: string): Promise<{ pagina: number; depois: string }> {
  const [counted] = await raiz.query<RowDataPacket[]>(`SELECT COUNT(*) AS total FROM ${table}`);
  const pagina = Math.floor(Number(counted[0]?.['total']) / LIMITE / 2);
  const skip = (pagina - 1) * LIMITE - 1;
  const [found] = await raiz.query<RowDataPacket[]>(
    `SELECT id FROM ${table} ORDER BY id DESC LIMIT 1 OFFSET ${skip}`,
  );
  return { pagina, depois: String(found[0]?.['id']) };
}

async function drawContratos({ sync, operador }: Instalacao, depois: string | undefined): Promise<string> {
  const page = { busca: '', depois, filiais: operador.filiais, limite: LIMITE };
  const { linhas, proxima } = await searchContratos(sync.ixc, page);
  const ids = linhas.map(({ id }) => id);
  const usuarios = await listUsuariosDeContratos(sync.db, ids, operador.filiais);
  const locals = contratosLocals(visaoOf(depois), { linhas, proxima, usuarios });
  return drawPage('contratos/index', 'Contratos', operador, locals);
}

async function drawUsuarios({ sync, operador }: Instalacao, depois: string | undefined): Promise<string> {
  const { usuarios, proxima } = await listUsuarios(sync.db, {
    filiais: operador.filiais,
    depois: depois === undefined ? undefined : Number(depois),
    limite: LIMITE,
  });
  const ids = usuarios.flatMap(({ adesoes }) => adesoes.map(({ contratoId }) => contratoId));
  const lidos = await listContratosPorId(sync.ixc, ids, operador.filiais);
  const contratos = new Map(lidos.map((contrato) => [contrato.id, contrato]));
  const planos = await listPlanos(sync.db);
  const locals = usuariosLocals(visaoOf(depois), { usuarios, proxima, contratos, planos });
  return drawPage('usuarios/index', 'Usuários', operador, locals);
}

const views = createViews(BASE_PATH, createArquivos(BASE_PATH));

const visaoOf = (depois: string | undefined): Visao => ({
  url: views.url,
  pode: () => true,
  query: depois === undefined ? {} : { depois },
  marcados: new Set(),
});

function drawPage(pagina: string, titulo: string, operador: Instalacao['operador'], locals: Locals): string {
  const all = {
    ...formato,
    ...palavras,
    url: views.url,
    arquivo: views.arquivo,
    icone: views.icone,
    caminho: '/contratos',
    versao: '',
    csrf: '',
    operador,
    sino: [],
    pode: () => true,
    ...locals,
  };
  return views.draw('layout', { ...all, titulo, corpo: views.draw(pagina, all) });
}

// The baseline is only one if it does the same work.
function compareGrids(nome: string, served: string, drawn: string): void {
  const grid = (html: string) => /<div id="grade">[\s\S]*?<\/main>/.exec(html)?.[0] ?? '';
  const rows = grid(drawn).match(/<tr/g)?.length ?? 0;
  if (rows !== LIMITE + 1) throw new Error(`${nome}: ${rows} linhas em vez de ${LIMITE}`);
  if (grid(served) !== grid(drawn))
    throw new Error(`${nome}: o servidor e a comparação mostram coisas diferentes`);
}
