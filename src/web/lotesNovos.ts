// Asking something of many at once: the form, what was typed made a lote, which is simulated before anything happens.
import { z } from 'zod';
import { parseBusca } from '../ixc/busca.ts';
import { findClienteIdsPorNome, listClienteIdsPorDocumento } from '../ixc/clientes.ts';
import { listContratosDeClientes, listContratosPorId } from '../ixc/contratos.ts';
import { listFiliais } from '../ixc/planos.ts';
import { forbidden, invalid, Problem } from '../problem.ts';
import { listIntegracoes } from '../sync/integracoes.ts';
import { resolveLista } from '../sync/lotes/operador/lista.ts';
import { createPedido, Filtro, type ItemDaLista, type NovoPedido } from '../sync/lotes/operador/pedido.ts';
import { ACOES } from '../sync/modos.ts';
import { listPlanos } from '../sync/planos.ts';
import { parseMotivo } from '../sync/texto.ts';
import { MAX_CLIENTES, tooManyClientes } from './busca.ts';
import { CAMPO_ESPERA, esperaOf, withEspera } from './camposDeGrade.ts';
import { receiveEnvio } from './envio.ts';
import { type Exchange, type Form, formOf, optionalId, queryOf } from './exchange.ts';
import { readLista } from './lista.ts';
import { answerCriado } from './lotes.ts';
import { ACESSOS_DO_IXC, STATUS_DO_IXC, TIPOS_DE_PESSOA, VERBOS } from './palavrasDeLote.ts';
import { formLocals, type Locals, render } from './render.ts';

const VIEW = { pagina: 'lotes/novo', fragmento: 'lotes/_novo', titulo: 'Novo lote' };

/** `GET /lotes/novo?acao=&busca=&situacao=…`: the form, with the filter of the grid that it was reached from. */
export async function showNovoLote(exchange: Exchange): Promise<void> {
  const { plano, integracao, ...query } = withEspera(queryOf(exchange));
  const valores = { plano_id: plano, integracao_id: integracao, ...query };
  await drawForm(exchange, formLocals(valores), 200);
}

/** `POST /lotes`: `acao`, the filter, `novo_plano_id`, `motivo`, `quando`, optional file `arquivo`. */
export async function createLote(exchange: Exchange): Promise<void> {
  const envio = await receiveEnvio(exchange);
  const form = formOf(exchange);
  const acao = ACOES.find((each) => each === form['acao']);
  // Whoever may not cancel one may not ask to cancel many.
  if (acao === 'cancelar' && !exchange.operador.papeis.has('cancelar')) throw forbidden('cancelar');
  if (acao === undefined) throw invalid({ acao: 'Escolha o que fazer.' });
  const pedido = await pedidoOf(exchange, acao, form);
  const digitados = envio && (await readLista(envio));
  const lista = digitados
    ? await resolveLista(exchange.sync, exchange.operador.filiais, acao, digitados)
    : await achadosDaBusca(exchange, form['busca'] ?? '');
  if (digitados && form['busca']?.trim())
    throw invalid({ busca: 'Envie uma lista ou faça uma busca, não as duas.' });
  refuseEverybody(acao, pedido.filtro, lista, form);
  const titulo = `${VERBOS[acao].titulo}: ${lista ? `lista de ${lista.length}` : 'por filtro'}`;
  const id = await createPedido(exchange.sync, exchange.operador, titulo, { ...pedido, lista });
  await answerCriado(exchange, id);
}

/** Draws the form again with what was typed, after 422. The file has to be chosen again: no page may put it back. */
export async function redrawNovoLote(exchange: Exchange, _found: undefined, problem: Problem): Promise<void> {
  await drawForm(exchange, formLocals(formOf(exchange), problem.fields), 422);
}

async function pedidoOf(
  { sync }: Exchange,
  acao: NovoPedido['acao'],
  form: Form,
): Promise<Omit<NovoPedido, 'lista'>> {
  const erros: Form = {};
  const keep = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      Object.assign(erros, error.fields);
      return undefined;
    }
  };
  const pedeMotivo = acao === 'bloquear' || acao === 'cancelar';
  const motivo = pedeMotivo ? (keep(() => parseMotivo(form['motivo'] ?? '')) ?? null) : null;
  const filtro = keep(() => filtroOf(form)) ?? {};
  const planoId =
    acao === 'criar' || acao === 'trocar_plano' ? (optionalId(form['novo_plano_id']) ?? null) : null;
  const planos = await listPlanos(sync.db);
  if (acao === 'trocar_plano' && planoId === null) erros['novo_plano_id'] = 'Escolha o plano novo.';
  else if (planoId !== null && !planos.some(({ id }) => id === planoId))
    erros['novo_plano_id'] = 'Este plano não existe mais. Escolha outro.';
  const quando = acao === 'cancelar' && form['quando'] === 'prazo' ? 'prazo' : 'agora';
  if (acao === 'cancelar' && !['', 'agora', 'prazo'].includes(form['quando'] ?? ''))
    erros['quando'] = 'Escolha agora ou ao fim do prazo.';
  if (Object.keys(erros).length > 0) throw invalid(z.record(z.string(), z.string()).parse(erros));
  return { acao, planoId, motivo, quando, filtro };
}

// By the names of the form; an empty field narrows nothing.
function filtroOf(form: Form): Filtro {
  const text = (name: string): string | undefined => form[name]?.trim() || undefined;
  const number = (name: string): number | undefined =>
    text(name) === undefined ? undefined : Number(text(name));
  const parsed = Filtro.safeParse({
    integracaoId: number('integracao_id'),
    filialId: number('filial_id'),
    planoId: number('plano_id'),
    status: text('status'),
    acesso: text('acesso'),
    ativadoDe: text('ativado_de'),
    ativadoAte: text('ativado_ate'),
    tipoPessoa: text('tipo_pessoa'),
    situacao: text('situacao'),
    ...esperaOf(form),
  });
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path }) => [FIELD[String(path[0])] ?? 'acao', WRONG] as const);
    throw invalid(Object.fromEntries(fields));
  }
  const { ativadoDe, ativadoAte } = parsed.data;
  if (ativadoDe && ativadoAte && ativadoDe > ativadoAte)
    throw invalid({ ativado_ate: 'O fim é antes do começo. Troque as datas.' });
  return parsed.data;
}

const opcoesDeEspera = [...(CAMPO_ESPERA.opcoes ?? []), ...(CAMPO_ESPERA.grupo?.opcoes ?? [])];
const WRONG = 'Escolha um valor da lista, ou uma data válida.';
const FIELD: Record<string, string> = {
  integracaoId: 'integracao_id',
  filialId: 'filial_id',
  planoId: 'plano_id',
  ativadoDe: 'ativado_de',
  ativadoAte: 'ativado_ate',
  tipoPessoa: 'tipo_pessoa',
};

// What was typed may be a name or a CPF: it is looked up now and kept as the contracts that it found.
async function achadosDaBusca(
  { sync, operador }: Exchange,
  digitado: string,
): Promise<ItemDaLista[] | undefined> {
  const { ixc } = sync;
  const busca = parseBusca(digitado);
  const ofClientes = (ids: readonly number[]) => listContratosDeClientes(ixc, ids, operador.filiais);
  const toLista = (contratos: { id: number }[]): ItemDaLista[] => {
    if (contratos.length === 0)
      throw invalid({ busca: 'A busca não encontrou nenhum contrato nas suas filiais.' });
    return contratos.map(({ id }) => ({ contratoId: id }));
  };
  switch (busca.tipo) {
    case 'tudo':
      return undefined;
    case 'nada':
      return toLista([]);
    case 'documento':
      return toLista(await ofClientes(await listClienteIdsPorDocumento(ixc, busca.documento)));
    case 'numero': {
      const found = await listContratosPorId(ixc, [busca.numero], operador.filiais);
      return toLista(found.length > 0 ? found : await ofClientes([busca.numero]));
    }
    case 'nome': {
      const clientes = await findClienteIdsPorNome(ixc, busca.nome, MAX_CLIENTES + 1);
      if (clientes.length > MAX_CLIENTES) throw tooManyClientes();
      return toLista(await ofClientes(clientes));
    }
  }
}

// An empty form must not mean everybody by accident: whoever means it says so.
function refuseEverybody(acao: string, filtro: Filtro, lista: ItemDaLista[] | undefined, form: Form): void {
  const narrowed = lista !== undefined || Object.values(filtro).some((value) => value !== undefined);
  if (narrowed || acao === 'criar' || form['todos'] === '1') return;
  throw invalid({
    todos: 'Escolha ao menos um filtro ou envie uma lista; para todas as contas, marque aqui.',
  });
}

async function drawForm(exchange: Exchange, form: Locals, status: number): Promise<void> {
  const { sync, operador } = exchange;
  const [planos, integracoes, filiais] = await Promise.all([
    listPlanos(sync.db),
    listIntegracoes(sync.db),
    listFiliais(sync.ixc),
  ]);
  const own = filiais.filter(({ id }) => operador.filiais === 'todas' || operador.filiais.includes(id));
  const opcoes = {
    VERBOS_DE_LOTE: VERBOS,
    STATUS_DO_IXC,
    ACESSOS_DO_IXC,
    TIPOS_DE_PESSOA,
    ESPERAS: opcoesDeEspera,
  };
  render(exchange, VIEW, { ...opcoes, planos, integracoes, filiais: own, ...form }, status);
}
