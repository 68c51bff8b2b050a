// The grid of planos: few by nature, so that they are read whole, narrowed and paged here; and the list as CSV.
import { listNomesDePlanosDeVenda, listNomesDeProdutos } from '../ixc/planos.ts';
import { listIntegracoes } from '../sync/integracoes.ts';
import { listPlanos, type Plano } from '../sync/planos.ts';
import type { Celula } from './csv.ts';
import type { Espera } from './espera.ts';
import { type Exchange, type Form, optionalId, queryOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { type Definicao, filtroOf, filtroSemBusca, gradeOf, POR_PAGINA, visaoOf } from './grade.ts';
import { REGISTRO } from './palavras.ts';
import { type Locals, render } from './render.ts';

const VIEW = { pagina: 'planos/index', fragmento: 'planos/_grade', titulo: 'Planos' };

/** `GET /planos?busca=&integracao=&espera=&depois=` */
export async function indexPlanos(exchange: Exchange): Promise<void> {
  const query = queryOf(exchange);
  const definicao = await definicaoOf(exchange);
  const all = await listPlanos(exchange.sync.db);
  const found = narrow(all, filtroOf(definicao, query));
  const start = found.findIndex(({ id }) => id === optionalId(query['depois'])) + 1;
  const planos = found.slice(start, start + POR_PAGINA);
  const proxima = found.length > start + POR_PAGINA ? planos.at(-1)?.id : undefined;
  const grade = gradeOf(definicao, visaoOf(exchange, query), { linhas: planos.length, ids: [], proxima });
  const nomes = await nomesDosVinculos(exchange, planos);
  render(exchange, VIEW, { grade, planos, nenhum: all.length === 0, esperaDoPlano, ...nomes });
}

/** `GET /planos.csv`, `.xlsx`: every plano that the filter of the address takes. */
export async function downloadPlanos(exchange: Exchange): Promise<void> {
  const definicao = await definicaoOf(exchange);
  const filtro = filtroOf(definicao, queryOf(exchange));
  await sendLista(exchange, {
    nome: 'planos',
    colunas: [
      'Plano',
      'Nome',
      'Descrição',
      'Valor',
      'Código',
      'Integração',
      'Vínculos',
      'Registro',
      'Mensagem',
    ],
    filtro: filtroSemBusca(filtro),
    paginas: csvPages(exchange, filtro),
  });
}

/** The names that IXC has for what these planos are tied to. */
export async function nomesDosVinculos({ sync }: Exchange, planos: readonly Plano[]): Promise<Locals> {
  const vinculos = planos.flatMap((plano) => plano.vinculos);
  const idsOf = (tipo: string) => vinculos.filter((each) => each.tipo === tipo).map(({ ixcId }) => ixcId);
  const [produtos, planosDeVenda] = await Promise.all([
    listNomesDeProdutos(sync.ixc, idsOf('produto')),
    listNomesDePlanosDeVenda(sync.ixc, idsOf('plano_de_venda')),
  ]);
  return { nomesDoIxc: { produto: produtos, plano_de_venda: planosDeVenda } };
}

/** What a plano waits for before anybody can have it; undefined when nothing. Pure. */
function esperaDoPlano({ registro, registroMensagem, vinculos }: Plano): Espera | undefined {
  if (registro === 'pendente') {
    const explicacao = registroMensagem ?? 'Ninguém é criado neste plano até a Tele Clínica o registrar.';
    return { tom: 'aberta', palavra: 'registro na Tele Clínica', explicacao };
  }
  if (registro === 'recusado') {
    return { tom: 'retido', palavra: 'registro recusado', explicacao: registroMensagem ?? 'Abra o plano.' };
  }
  if (vinculos.length > 0) return undefined;
  return {
    tom: 'neutro',
    palavra: 'um vínculo',
    explicacao: 'Sem vínculo nenhum contrato leva a este plano.',
  };
}

async function definicaoOf({ sync }: Exchange): Promise<Definicao> {
  const integracoes = await listIntegracoes(sync.db);
  return {
    caminho: '/planos',
    nomes: ['plano', 'planos'],
    busca: 'nome, descrição ou código',
    campos: [
      {
        nome: 'integracao',
        rotulo: 'Integração',
        todos: 'Todas',
        opcoes: integracoes.map(({ id, nome }) => [String(id), nome]),
      },
      {
        nome: 'espera',
        rotulo: 'Espera',
        todos: 'Tanto faz',
        opcoes: [
          ['registro', 'Registro na Tele Clínica'],
          ['vinculo', 'Um vínculo'],
        ],
      },
    ],
  };
}

function narrow(planos: readonly Plano[], filtro: Form): Plano[] {
  const words = plain(filtro['busca'] ?? '').split(/\s+/);
  return planos.filter((plano) => {
    const text = plain(`${plano.nome} ${plano.descricao} ${plano.codigo ?? ''}`);
    if (!words.every((word) => text.includes(word))) return false;
    if (filtro['integracao'] && String(plano.integracaoId) !== filtro['integracao']) return false;
    if (filtro['espera'] === 'registro') return ['pendente', 'recusado'].includes(plano.registro);
    return filtro['espera'] !== 'vinculo' || plano.vinculos.length === 0;
  });
}

// Without accents and case, as people search.
const plain = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();

async function* csvPages(exchange: Exchange, filtro: Form): AsyncGenerator<Celula[][]> {
  const planos = narrow(await listPlanos(exchange.sync.db), filtro);
  yield planos.map((plano) => [
    plano.id,
    plano.nome,
    plano.descricao,
    plano.valorCentavos / 100,
    plano.codigo ?? '',
    plano.integracaoNome,
    plano.vinculos.length,
    REGISTRO[plano.registro] ?? plano.registro,
    plano.registroMensagem ?? '',
  ]);
}
