// Carência: “não bloquear até” a day, given on the screen of the person; and the list of those that end soon.
import { listContratosPorId } from '../ixc/contratos.ts';
import { conflict, type Problem } from '../problem.ts';
import {
  type Carencia,
  deleteCarencia,
  listCarencias,
  maxDiasDeCarencia,
  PAGINA_DE_CARENCIAS,
  saveCarencia,
} from '../sync/carencias.ts';
import { HOJE } from '../sync/hoje.ts';
import type { Usuario } from '../sync/tipos.ts';
import type { Celula } from './csv.ts';
import { type Exchange, formOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { dia, documento } from './formato.ts';
import { nomeDe } from './palavras.ts';
import { formLocals, type Locals, render } from './render.ts';
import { usuarioLocals } from './usuario.ts';
import { answerOrdered, drawUsuario } from './usuarios.ts';

const DAY_MS = 86_400_000;
// What a customer with a bill under discussion is usually given.
const USUAL_DAYS = 7;
const FRAGMENTO = 'usuarios/_carencia';

/** `GET /carencias`: those in force, the next to end first. */
export async function indexCarencias(exchange: Exchange): Promise<void> {
  const { carencias, contratos, nomes } = await loadCarencias(exchange);
  const view = { pagina: 'carencias/index', titulo: 'Carências' };
  render(exchange, view, { grupos: groupByEnd(carencias), contratos, nomes });
}

async function loadCarencias({ sync, operador, web }: Exchange, depois?: Carencia) {
  const carencias = await listCarencias(sync.db, operador.filiais, depois);
  const contratoIds = carencias.flatMap(({ contratoId }) => (contratoId === null ? [] : [contratoId]));
  const contratos = await listContratosPorId(sync.ixc, contratoIds, operador.filiais);
  const operadores = carencias.flatMap(({ operadorId }) => (operadorId === null ? [] : [operadorId]));
  const nomes = await web.direitos.namesOf(operadores);
  return { carencias, contratos: new Map(contratos.map((contrato) => [contrato.id, contrato])), nomes };
}

/** `GET /carencias.csv`, `.xlsx`: those in force. */
export async function downloadCarencias(exchange: Exchange): Promise<void> {
  const colunas = ['Até', 'Usuário', 'Pessoa', 'Documento', 'Contrato', 'Motivo', 'Quem deu'];
  await sendLista(exchange, { nome: 'carencias', colunas, filtro: {}, paginas: csvPages(exchange) });
}

async function* csvPages(exchange: Exchange): AsyncGenerator<Celula[][]> {
  let depois: Carencia | undefined;
  do {
    const page: Awaited<ReturnType<typeof loadCarencias>> = await loadCarencias(exchange, depois);
    yield page.carencias.map((carencia) => cellsOf(carencia, page));
    depois = page.carencias.length < PAGINA_DE_CARENCIAS ? undefined : page.carencias.at(-1);
  } while (depois !== undefined);
}

function cellsOf(
  { ate, usuarioId, contratoId, motivo, operadorId }: Carencia,
  { contratos, nomes }: Awaited<ReturnType<typeof loadCarencias>>,
): Celula[] {
  const contrato = contratoId === null ? undefined : contratos.get(contratoId);
  return [
    dia(ate),
    usuarioId,
    nomeDe(contrato),
    documento(contrato?.documento ?? ''),
    contratoId ?? '',
    motivo ?? '',
    operadorId === null ? '' : (nomes.get(operadorId) ?? ''),
  ];
}

/** `GET /usuarios/:id/carencia`: the form. @throws Problem 409 when a carência makes no sense now. */
export async function showCarencia(exchange: Exchange, usuario: Usuario): Promise<void> {
  const { carenciaCabe } = await usuarioLocals(exchange, usuario);
  if (carenciaCabe !== true) {
    throw conflict(
      'Não cabe uma carência para este usuário agora.',
      'Recarregue a página para ver o que se aplica.',
    );
  }
  await drawUsuario(exchange, usuario, { carencia: formOfCarencia(exchange, {}) }, { fragmento: FRAGMENTO });
}

/** `POST /usuarios/:id/carencia`: `ate` (AAAA-MM-DD or dd/mm/aaaa), `motivo`. */
export async function createCarencia(exchange: Exchange, usuario: Usuario): Promise<void> {
  await saveCarencia(exchange.sync, exchange.operador, usuario, formOf(exchange));
  await answerOrdered(exchange, usuario);
}

/** `DELETE /usuarios/:id/carencia`: what the rules say comes back with the next run. */
export async function removeCarencia(exchange: Exchange, usuario: Usuario): Promise<void> {
  await deleteCarencia(exchange.sync, exchange.operador, usuario);
  await answerOrdered(exchange, usuario);
}

/** Draws the form again with what was typed, after 422. */
export async function redrawCarencia(exchange: Exchange, usuario: Usuario, problem: Problem): Promise<void> {
  const carencia = formOfCarencia(exchange, formLocals(formOf(exchange), problem.fields));
  await drawUsuario(exchange, usuario, { carencia }, { fragmento: FRAGMENTO, status: 422 });
}

function formOfCarencia({ operador }: Exchange, form: Locals): Locals {
  const dias = maxDiasDeCarencia(operador);
  const sugestao = HOJE.format(Date.now() + Math.min(dias, USUAL_DAYS) * DAY_MS);
  return { dias, sugestao, ...formLocals({}), ...form };
}

// The last day counts whole: one that ends today still holds until midnight.
function groupByEnd(carencias: Carencia[]): { titulo: string; carencias: Carencia[] }[] {
  const today = HOJE.format();
  const tomorrow = HOJE.format(Date.now() + DAY_MS);
  return [
    { titulo: 'Terminam hoje', carencias: carencias.filter(({ ate }) => ate <= today) },
    { titulo: 'Terminam amanhã', carencias: carencias.filter(({ ate }) => ate === tomorrow) },
    { titulo: 'Depois', carencias: carencias.filter(({ ate }) => ate > tomorrow) },
  ].filter((grupo) => grupo.carencias.length > 0);
}
