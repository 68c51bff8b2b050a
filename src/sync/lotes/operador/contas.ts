// Blocking, unblocking, changing the plano and cancelling for many: which accounts of a page would change. Pure but for
// what it is given.
import type { FatosDoContrato } from '../../../ixc/fatos.ts';
import { availableActions } from '../../acoes.ts';
import { type ModoSalvo, modoFor } from '../../modos.ts';
import { sortUsuarios } from '../../selecao.ts';
import type { UsuarioDaGrade } from '../../usuarios.ts';
import type { Mesa } from './criacao.ts';
import { goes, type LinhaSimulada, stays } from './julgamento.ts';
import type { Pedido } from './pedido.ts';

/**
 * Judges a page of contracts; those that the filter leaves out are missing from the answer. `ja` are the people who
 * have a line already: each has one account, so one line; it grows.
 */
export function judgeContas(
  pedido: Pedido,
  { planos, modos }: Pick<Mesa, 'planos'> & { modos: ModoSalvo[] },
  fatos: readonly FatosDoContrato[],
  usuarios: ReadonlyMap<number, UsuarioDaGrade>,
  ja: Set<number>,
): LinhaSimulada[] {
  return fatos.flatMap((each) => {
    const usuario = usuarios.get(each.id);
    if (!takes(pedido, usuario)) return [];
    if (usuario === undefined) return [stays(each, 'Sem conta na Tele Clínica.')];
    if (ja.has(usuario.id)) return [stays(each, 'Mesma pessoa de outra linha: a conta é uma só.', usuario)];
    const contra = against(pedido, usuario, { planos, modos });
    if (contra !== undefined) return [stays(each, `Fica como está: ${contra}.`, usuario)];
    ja.add(usuario.id);
    const planoId = pedido.acao === 'trocar_plano' ? pedido.planoId : usuario.desejadoPlanoId;
    return [goes(pedido, each, wordsOf(pedido, planos), { usuario, planoId })];
  });
}

function takes({ lista, filtro }: Pedido, usuario: UsuarioDaGrade | undefined): boolean {
  const { integracaoId, planoId, situacao } = filtro;
  if (usuario === undefined)
    return lista && integracaoId === undefined && planoId === undefined && situacao === undefined;
  if (integracaoId !== undefined && usuario.integracaoId !== integracaoId) return false;
  if (planoId !== undefined && usuario.desejadoPlanoId !== planoId) return false;
  return situacao === undefined || usuario.observada === situacao;
}

function against(
  { acao, planoId }: Pedido,
  usuario: UsuarioDaGrade,
  { planos, modos }: Pick<Mesa, 'planos'> & { modos: ModoSalvo[] },
): string | undefined {
  if (acao === 'trocar_plano') return againstPlano(usuario, planos.get(planoId ?? 0));
  if (acao === 'criar') return undefined;
  const [fica] = sortUsuarios(acao, [usuario]).ficam;
  if (fica !== undefined) return fica.porque;
  return acao === 'desbloquear' ? againstRule(usuario, modos) : undefined;
}

function againstPlano(
  usuario: UsuarioDaGrade,
  plano: { id: number; integracaoId: number } | undefined,
): string | undefined {
  if (usuario.observada === 'cancelado') return 'já cancelada';
  if (usuario.cancelarEm !== null) return 'com cancelamento marcado';
  if (plano === undefined || plano.integracaoId !== usuario.integracaoId)
    return 'a conta é de outra integração';
  const vigentes = usuario.adesoes.filter(({ vigente }) => vigente);
  if (vigentes.every((each) => each.planoId === plano.id)) return 'já está neste plano';
  return availableActions(usuario, undefined).some(({ acao }) => acao === 'trocar_plano')
    ? undefined
    : 'só quem está ativo troca de plano';
}

// As for one click: in automatic mode a rule's block would come back with the next scan (decisions 12).
function againstRule(usuario: UsuarioDaGrade, modos: ModoSalvo[]): string | undefined {
  if (usuario.bloqueioManual) return undefined;
  const blocked = usuario.adesoes.find(({ vigente, significado }) => vigente && significado !== 'ativo');
  if (blocked === undefined || modoFor(modos, 'bloquear', blocked.filialId) !== 'automatico')
    return undefined;
  return 'o contrato está bloqueado no IXC e a regra bloquearia de novo; dê uma carência';
}

function wordsOf({ acao, planoId, quando }: Pedido, planos: Mesa['planos']): string {
  if (acao === 'bloquear') return 'Será bloqueado, até alguém desbloquear.';
  if (acao === 'desbloquear') return 'Será desbloqueado.';
  if (acao === 'trocar_plano') return `Passa ao plano “${planos.get(planoId ?? 0)?.nome ?? planoId}”.`;
  return quando === 'prazo' ? 'Será bloqueado, e cancelado ao fim do prazo.' : 'Será cancelado.';
}
