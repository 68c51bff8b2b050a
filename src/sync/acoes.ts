// Which actions make sense for a person now, and what each will bring about. Pure.
import type { Contrato } from '../ixc/tipos.ts';
import { PRAZO_DE_CANCELAMENTO_DIAS } from './prazo.ts';
import { meaningOf } from './regras.ts';
import type { Acao, Usuario } from './tipos.ts';

export interface AcaoPossivel {
  acao: Acao | 'desfazer_cancelamento';
  consequencia: string;
}

/** The actions to offer, most likely first. Rights are the caller's to check. */
export function availableActions(
  usuario: Usuario | undefined,
  contrato: Contrato | undefined,
): AcaoPossivel[] {
  const create = createAction(usuario, contrato);
  if (usuario === undefined || usuario.desejada === 'ausente') return create;
  // Also when the partner cancelled by itself: every other order would be refused.
  if (usuario.observada === 'cancelado') return create;
  if (usuario.cancelarEm !== null) {
    return [
      {
        acao: 'desfazer_cancelamento',
        consequencia: 'O acesso volta ao que o contrato dá; nada é cancelado.',
      },
    ];
  }
  return [...create, ...accessActions(usuario)];
}

function createAction(usuario: Usuario | undefined, contrato: Contrato | undefined): AcaoPossivel[] {
  if (contrato === undefined || meaningOf(contrato) !== 'ativo') return [];
  const granted =
    usuario?.adesoes.some(({ contratoId, vigente }) => vigente && contratoId === contrato.id) ?? false;
  const cancelled = usuario?.observada === 'cancelado';
  if (granted && !cancelled && usuario?.desejada !== 'ausente') return [];
  const consequencia = cancelled
    ? 'Cria uma conta nova na Tele Clínica: a cancelada não volta.'
    : 'Cria a conta na Tele Clínica agora; a pessoa faz o primeiro acesso pelo celular ou e-mail.';
  return [{ acao: 'criar', consequencia }];
}

function accessActions(usuario: Usuario): AcaoPossivel[] {
  const actions: AcaoPossivel[] = [];
  const blocked = usuario.desejada === 'bloqueado' || usuario.observada === 'bloqueado';
  if (blocked)
    actions.push({ acao: 'desbloquear', consequencia: 'A pessoa volta a usar a telemedicina agora.' });
  if (usuario.desejada === 'ativo') {
    actions.push({
      acao: 'bloquear',
      consequencia: 'A pessoa perde o acesso agora, até alguém desbloquear.',
    });
    actions.push({ acao: 'trocar_plano', consequencia: 'A pessoa passa a ter o outro plano agora.' });
  }
  actions.push({
    acao: 'cancelar',
    consequencia: `Encerra a conta na Tele Clínica, agora ou em ${PRAZO_DE_CANCELAMENTO_DIAS} dias (bloqueada até lá). Depois de feito, não volta.`,
  });
  return actions;
}
