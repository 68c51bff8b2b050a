// Regras: the grid of status × access state with what each means, and the impact shown before a change is saved.

import { type CelulaDeStatus, countStatus } from '../ixc/base.ts';
import { listContratosPorId } from '../ixc/contratos.ts';
import { isTooSlow } from '../ixc/sql.ts';
import { describeAcesso, describeStatus } from '../ixc/status.ts';
import { conflict, Problem } from '../problem.ts';
import { ACESSO, cellOf, meaningOfCell, type Regras, STATUS } from '../sync/regras.ts';
import {
  loadReativar,
  loadRegras,
  parseReativar,
  parseRegras,
  SIGNIFICADOS,
  saveRegras,
} from '../sync/regrasSalvas.ts';
import type { Significado } from '../sync/tipos.ts';
import { type Impacto, impactOf } from '../sync/varredura/impacto.ts';
import { type Exchange, type Form, formOf } from './exchange.ts';
import { nomeDe } from './palavras.ts';
import { answerWrite, type Locals, render } from './render.ts';

interface Celula {
  nome: string;
  acesso: string;
  significado: Significado;
  padrao: Significado;
  total: number;
  amostra: number[];
}

/**
 * `PUT /sincronizacao/regras`: fields named by cell (`A_CA=bloqueado`) and `reativar` (`sugerir`, `sozinho`). Without `resumo` it answers the impact; with the
 * one that the impact showed, it saves. @throws Problem 409 when the impact is another by now.
 */
export async function putRegras(exchange: Exchange): Promise<void> {
  const { sync, operador } = exchange;
  if (operador.filiais !== 'todas') throw otherBranches();
  const form = formOf(exchange);
  const regras = parseRegras(await loadRegras(sync.db), form);
  const reativar = parseReativar(form);
  const impacto = await impactOf(sync, regras, reativar);
  const { resumo } = form;
  if (!resumo) return answerImpacto(exchange, form, impacto);
  if (resumo !== impacto.resumo) {
    throw conflict(
      'O impacto destas regras mudou desde que você o viu.',
      'Veja o impacto de novo e confirme.',
    );
  }
  await saveRegras(sync, operador, regras, reativar);
  const locals = { ...(await regrasLocals(exchange)), regrasSalvas: true };
  answerWrite(exchange, '/sincronizacao', { view: 'sincronizacao/_regras', locals });
}

/** Locals of `sincronizacao/_regras`. Samples are of the operator's branches; counts are of the whole base. */
export async function regrasLocals(exchange: Exchange): Promise<Locals> {
  const { sync, operador } = exchange;
  const [regras, contagem, reativar] = await Promise.all([
    loadRegras(sync.db),
    countOrNothing(exchange),
    loadReativar(sync.db),
  ]);
  const ids = (contagem ?? []).flatMap(({ amostra }) => amostra);
  const visible = new Set((await listContratosPorId(sync.ixc, ids, operador.filiais)).map(({ id }) => id));
  const own = (contagem ?? []).map((each) => ({
    ...each,
    amostra: each.amostra.filter((id) => visible.has(id)),
  }));
  return {
    linhasDeRegra: STATUS.map((status) => ({
      status,
      celulas: ACESSO.map((acesso) => celulaOf(regras, own, status, acesso)),
    })),
    desconhecidos: own.filter(({ status, statusInternet }) => !isInGrid(status, statusInternet)),
    contagemFalhou: contagem === undefined,
    podeMudarRegras: operador.papeis.has('configurar') && operador.filiais === 'todas',
    reativar,
    SIGNIFICADOS,
    describeStatus,
    describeAcesso,
    regrasSalvas: false,
    impacto: undefined,
  };
}

function celulaOf(regras: Regras, contagem: CelulaDeStatus[], status: string, acesso: string): Celula {
  const found = contagem.find((each) => each.status === status && each.statusInternet === acesso);
  return {
    nome: cellOf(status, acesso),
    acesso,
    significado: meaningOfCell(status, acesso, regras),
    padrao: meaningOfCell(status, acesso),
    total: found?.total ?? 0,
    amostra: found?.amostra ?? [],
  };
}

async function answerImpacto(exchange: Exchange, form: Form, impacto: Impacto): Promise<void> {
  const { sync, operador } = exchange;
  const ids = [...impacto.grupos, ...(impacto.voltam ? [impacto.voltam] : [])].flatMap(
    ({ amostra }) => amostra,
  );
  const contratos = await listContratosPorId(sync.ixc, ids, operador.filiais);
  const campos = Object.entries(form).filter(([nome]) => /^([A-Z]+_[A-Z]*|reativar)$/.test(nome));
  const nomes = new Map(contratos.map((contrato) => [contrato.id, nomeDe(contrato)]));
  const locals = { impacto, campos, nomesDeCliente: nomes };
  const view = {
    pagina: 'sincronizacao/impacto',
    fragmento: 'sincronizacao/_impacto',
    titulo: 'Impacto das regras',
  };
  render(exchange, view, locals);
}

// A very large and busy base may not count in time; the rules can be read and changed all the same.
async function countOrNothing({ sync }: Exchange): Promise<CelulaDeStatus[] | undefined> {
  try {
    return await countStatus(sync.ixc);
  } catch (error) {
    if (isTooSlow(error)) return undefined;
    throw error;
  }
}

const isInGrid = (status: string, acesso: string): boolean =>
  STATUS.some((each) => each === status) && ACESSO.some((each) => each === acesso);

const otherBranches = (): Problem =>
  new Problem(
    403,
    'As regras valem para todas as filiais, e seu grupo no IXC vê só algumas.',
    'Peça a mudança a quem vê todas as filiais.',
  );
