// Which actions make sense for a person now, and what each will bring about. Pure.
import { PRAZO_DE_CANCELAMENTO_DIAS } from './prazo.ts';
import type { ContratoJulgado } from './regrasSalvas.ts';
import type { Acao, Usuario } from './tipos.ts';

export interface AcaoPossivel {
  acao: Acao | 'desfazer_cancelamento';
  consequencia: string;
}

/** The actions to offer, most likely first. `contrato` as the rules in force judge it. Rights are the caller's to check. */
export function availableActions(
  usuario: Usuario | undefined,
  contrato: ContratoJulgado | undefined,
): AcaoPossivel[] {
  const create = createAction(usuario, contrato);
  if (usuario === undefined || usuario.desejada === 'ausente') return create;
  // Also when the partner cancelled by itself: every other order would be refused.
  if (usuario.observada === 'cancelado') return create;
  if (usuario.cancelarEm !== null) {
    return [
      {
        acao: 'desfazer_cancelamento',
        consequencia: 'Nada é cancelado; o acesso volta ao que o contrato dá.',
      },
    ];
  }
  return [...create, ...accessActions(usuario)];
}

function createAction(usuario: Usuario | undefined, contrato: ContratoJulgado | undefined): AcaoPossivel[] {
  if (contrato?.significado !== 'ativo') return [];
  const granted =
    usuario?.adesoes.some(({ contratoId, vigente }) => vigente && contratoId === contrato.id) ?? false;
  const cancelled = usuario?.observada === 'cancelado';
  if (granted && !cancelled && usuario?.desejada !== 'ausente') return [];
  const consequencia = cancelled
    ? 'Cria uma conta nova agora: a cancelada não volta.'
    : 'Cria a conta agora; a pessoa faz o primeiro acesso pelo celular ou e-mail.';
  return [{ acao: 'criar', consequencia }];
}

function accessActions(usuario: Usuario): AcaoPossivel[] {
  const actions: AcaoPossivel[] = [];
  const blocked = usuario.desejada === 'bloqueado' || usuario.observada === 'bloqueado';
  if (blocked) actions.push({ acao: 'desbloquear', consequencia: 'A pessoa volta a acessar em segundos.' });
  if (usuario.desejada === 'ativo') {
    actions.push({
      acao: 'bloquear',
      consequencia: 'Bloqueia agora; volta quando alguém desbloquear.',
    });
    actions.push({ acao: 'trocar_plano', consequencia: 'Passa a outro plano agora; o acesso continua.' });
  }
  actions.push({
    acao: 'cancelar',
    consequencia: `Encerra a conta, agora ou em ${PRAZO_DE_CANCELAMENTO_DIAS} dias. Depois de feito, não volta.`,
  });
  return actions;
}
