// Avisos: what is wrong now, what was told to whom, and how it leaves. Secrets go in and never come out.
import type { Problem } from '../problem.ts';
import { listAvisos, listAvisosAbertos, listFalhas } from '../sync/avisos/avisos.ts';
import { type Configuracao, loadConfiguracao, saveConfiguracao } from '../sync/avisos/configuracao.ts';
import { sendTeste } from '../sync/avisos/teste.ts';
import type { Celula } from './csv.ts';
import { type Exchange, type Form, formOf, optionalId, queryOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { momento } from './formato.ts';
import { answerWrite, formLocals, type Locals, render } from './render.ts';

const POR_PAGINA = 25;
const CSV_PAGE = 500;
const EDIT = {
  pagina: 'avisos/edit',
  fragmento: 'avisos/_configuracao',
  titulo: 'Configuração dos avisos',
};

const CANAL = { webhook: 'Webhook', email: 'E-mail' };
const ESTADO_DO_ENVIO = {
  pendente: 'a entregar',
  entregue: 'entregue',
  desistido: 'não entregue',
  dispensado: 'dispensado',
};

/** `GET /avisos?depois=` */
export async function indexAvisos(exchange: Exchange): Promise<void> {
  const { sync, operador } = exchange;
  const { filiais } = operador;
  const depois = optionalId(queryOf(exchange)['depois']);
  const [abertos, { avisos, proxima }, falhas] = await Promise.all([
    listAvisosAbertos(sync.db, filiais),
    listAvisos(sync.db, { filiais, depois, limite: POR_PAGINA }),
    listFalhas(sync.db),
  ]);
  render(
    exchange,
    { pagina: 'avisos/index', fragmento: 'avisos/_grade', titulo: 'Avisos' },
    { abertos, avisos, proxima, depois, falhas, CANAL, ESTADO_DO_ENVIO },
  );
}

const COLUNAS = ['Aviso', 'Causa', 'O que houve', 'Começou', 'Acabou', 'Entregas'];

/** `GET /avisos.csv`, `.xlsx`: all of them, the newest first. */
export const downloadAvisos = (exchange: Exchange): Promise<void> =>
  sendLista(exchange, { nome: 'avisos', colunas: COLUNAS, filtro: {}, paginas: csvPages(exchange) });

async function* csvPages({ sync, operador }: Exchange): AsyncGenerator<Celula[][]> {
  let depois: number | undefined;
  do {
    const filter = { filiais: operador.filiais, depois, limite: CSV_PAGE };
    const page: Awaited<ReturnType<typeof listAvisos>> = await listAvisos(sync.db, filter);
    yield page.avisos.map(({ id, nome, titulo, comecouEm, acabouEm, envios }) => [
      id,
      nome,
      titulo,
      momento(comecouEm),
      acabouEm === null ? '' : momento(acabouEm),
      envios.map(({ canal, estado }) => `${CANAL[canal]}: ${ESTADO_DO_ENVIO[estado]}`).join(', '),
    ]);
    depois = page.proxima;
  } while (depois !== undefined);
}

/** `GET /avisos/configuracao` */
export async function showConfiguracao(exchange: Exchange): Promise<void> {
  render(exchange, EDIT, await storedLocals(exchange));
}

/** `PUT /avisos/configuracao`; empty `webhook_segredo` and `smtp_senha` keep the stored ones. */
export async function putConfiguracao(exchange: Exchange): Promise<void> {
  await saveConfiguracao(exchange.sync, exchange.operador, formOf(exchange));
  const locals = { ...(await storedLocals(exchange)), salvo: true };
  answerWrite(exchange, '/avisos/configuracao', { view: EDIT.fragmento, locals });
}

/** `POST /avisos/configuracao/teste`: `canal` = `webhook` or `email`; *Enviar teste*, answered in plain words. */
export async function postTesteDeAviso(exchange: Exchange): Promise<void> {
  const resultado = await sendTeste(exchange.sync, exchange.operador, formOf(exchange));
  answerWrite(exchange, '/avisos/configuracao', { view: 'integracoes/_teste', locals: { resultado } });
}

export async function redrawConfiguracao(
  exchange: Exchange,
  _found: unknown,
  problem: Problem,
): Promise<void> {
  const { webhook_segredo: _segredo, smtp_senha: _senha, ...typed } = formOf(exchange);
  const locals = { ...(await storedLocals(exchange)), ...formLocals(typed, problem.fields) };
  render(exchange, EDIT, locals, 422);
}

async function storedLocals({ sync }: Exchange): Promise<Locals> {
  const configuracao = await loadConfiguracao(sync.db);
  return {
    temSegredo: configuracao.webhook.segredo !== null,
    temSenha: configuracao.email.senha !== null,
    salvo: false,
    ...formLocals(valoresOf(configuracao)),
  };
}

const valoresOf = ({ webhook, email, limites }: Configuracao): Form => ({
  webhook_ativo: webhook.ativo ? '1' : '',
  webhook_url: webhook.url,
  email_ativo: email.ativo ? '1' : '',
  smtp_servidor: email.servidor,
  smtp_porta: String(email.porta),
  smtp_seguranca: email.seguranca,
  smtp_usuario: email.usuario,
  email_de: email.de,
  email_para: email.para.join(', '),
  fila_minutos: String(limites.filaMinutos),
  retidas_horas: String(limites.retidasHoras),
  pausa_horas: String(limites.pausaHoras),
});
