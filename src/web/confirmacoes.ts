// Confirmations drawn by the server: what will happen, to whom, the reason, and the contract id typed for a cancel.
import type { Contrato } from '../ixc/tipos.ts';
import { conflict } from '../problem.ts';
import { availableActions } from '../sync/acoes.ts';
import { listPlanos } from '../sync/planos.ts';
import { PRAZO_DE_CANCELAMENTO_DIAS } from '../sync/prazo.ts';
import type { Usuario } from '../sync/tipos.ts';
import type { Exchange } from './exchange.ts';
import { ACAO } from './palavras.ts';
import { formLocals, type Locals } from './render.ts';
import { type AcaoDaTela, governingContrato, mayDo } from './usuario.ts';

const COM_CONFIRMACAO: readonly AcaoDaTela[] = [
  'bloquear',
  'desbloquear',
  'trocar_plano',
  'cancelar',
  'criar',
];

/** Locals of the confirmation of `acao`; undefined when it is none of ours, not allowed, or makes no sense now. */
export async function confirmacaoOf(
  exchange: Exchange,
  acao: string | undefined,
  usuario: Usuario,
  contrato?: Contrato,
): Promise<Locals | undefined> {
  const regente = contrato ?? (await governingContrato(exchange, usuario));
  const available = availableActions(usuario, regente).find((each) => each.acao === acao);
  if (available === undefined || !COM_CONFIRMACAO.includes(available.acao)) return undefined;
  if (!mayDo(exchange.operador, available.acao)) return undefined;
  return describe(exchange, available.acao, available.consequencia, usuario);
}

/** The same for an address that names the action. @throws Problem 409 when it makes no sense now. */
export async function requireConfirmacao(
  exchange: Exchange,
  acao: AcaoDaTela,
  usuario: Usuario,
): Promise<Locals> {
  const found = await confirmacaoOf(exchange, acao, usuario);
  if (found === undefined) {
    throw conflict(
      `“${ACAO[acao]}” não se aplica a este usuário agora.`,
      'Recarregue a página para ver o que se aplica.',
    );
  }
  return found;
}

/** The confirmation with what was typed and what was wrong; drawn even if the state has changed meanwhile. */
export const redrawnConfirmacao = async (
  exchange: Exchange,
  acao: AcaoDaTela,
  usuario: Usuario,
  form: Locals,
): Promise<Locals> => {
  const regente = await governingContrato(exchange, usuario);
  const available = availableActions(usuario, regente).find((each) => each.acao === acao);
  return { ...(await describe(exchange, acao, available?.consequencia ?? '', usuario)), ...form };
};

async function describe(
  exchange: Exchange,
  acao: AcaoDaTela,
  consequencia: string,
  usuario: Usuario,
): Promise<Locals> {
  const planos = acao === 'trocar_plano' ? await listPlanos(exchange.sync.db) : [];
  return {
    acao,
    consequencia,
    contratos: usuario.adesoes.filter(({ vigente }) => vigente).map(({ contratoId }) => contratoId),
    planos: planos.filter(({ integracaoId }) => integracaoId === usuario.integracaoId),
    prazoDias: PRAZO_DE_CANCELAMENTO_DIAS,
    ...formLocals({}),
  };
}
