// One sentence that answers: what happened, did Tele Clínica hear it, what happens next. Pure.
import type { Usuario } from '../sync/tipos.ts';
import { hora, momento } from './formato.ts';
import { andamento, CAUSA, O_QUE_FAZER, SITUACAO_EXPLICADA } from './palavras.ts';

export interface Frase {
  tom: 'certo' | 'neutro' | 'seguindo' | 'atencao';
  titulo: string;
  detalhe: string;
}

/** The sentence at the top of a usuário. `pausado` = sending is paused altogether. */
export function sentenceOf(usuario: Usuario, pausado: boolean): Frase {
  switch (andamento(usuario)) {
    case 'retido':
      return heldSentence(usuario);
    case 'seguindo':
      return followingSentence(usuario, pausado);
    case 'pronto':
      return settledSentence(usuario);
  }
}

function heldSentence({ retida, mensagem }: Usuario): Frase {
  const causa = retida ?? 'estado_recusado';
  const detalhe = [ended(mensagem), O_QUE_FAZER[causa]].filter(Boolean).join(' ');
  return { tom: 'atencao', titulo: `Parado: ${CAUSA[causa]}`, detalhe };
}

function followingSentence(usuario: Usuario, pausado: boolean): Frase {
  if (pausado) {
    return {
      tom: 'atencao',
      titulo: 'Pedido guardado; o envio está em pausa.',
      detalhe: 'Nada foi enviado à Tele Clínica ainda. Será enviado quando a pausa terminar.',
    };
  }
  if (usuario.falhas > 0) {
    return {
      tom: 'atencao',
      titulo: 'A Tele Clínica ainda não confirmou.',
      detalhe: `${ended(usuario.mensagem) || 'A última tentativa não deu certo.'} Próxima tentativa: ${hora(usuario.proximaEm)}.`,
    };
  }
  return {
    tom: 'seguindo',
    titulo: 'Avisando a Tele Clínica…',
    detalhe: usuario.mensagem ?? 'O pedido está guardado e segue sozinho, mesmo se você fechar esta página.',
  };
}

function settledSentence(usuario: Usuario): Frase {
  const confirmado = usuario.observadaEm
    ? `Confirmado pela Tele Clínica em ${momento(usuario.observadaEm)}.`
    : '';
  const acesso = usuario.aguardaAcesso ? 'A pessoa ainda não fez o primeiro acesso.' : '';
  const ordem =
    usuario.bloqueioManual && usuario.observada === 'bloqueado' && usuario.cancelarEm === null
      ? 'Um operador pediu o bloqueio, e só um operador o desfaz.'
      : '';
  const prazo =
    usuario.cancelarEm !== null && usuario.observada !== 'cancelado'
      ? `Cancelamento marcado para ${momento(usuario.cancelarEm)}; até lá fica bloqueado.`
      : '';
  return {
    tom: usuario.observada === 'ativo' ? 'certo' : 'neutro',
    titulo: SITUACAO_EXPLICADA[usuario.observada],
    detalhe: [confirmado, acesso, ordem, prazo, ended(usuario.mensagem)].filter(Boolean).join(' '),
  };
}

// The partner's own words often come without a full stop, and another sentence follows.
function ended(mensagem: string | null): string {
  const text = (mensagem ?? '').trim();
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`;
}
