// The message of a usuário or an operação: what happened, whether Tele Clínica heard it, what happens next, what you can do. Pure.
import { RECUSOU } from '../sync/atendimento/estado.ts';
import type { Envio } from '../sync/envio.ts';
import type { Operacao } from '../sync/operacoes.ts';
import type { CausaDeRetencao, Usuario } from '../sync/tipos.ts';
import { momento, quando } from './formato.ts';
import { andamento, CAUSA, O_QUE_FAZER, SITUACAO_EXPLICADA } from './palavras.ts';

export interface Frase {
  tom: 'certo' | 'neutro' | 'seguindo' | 'atencao' | 'erro';
  /** What happened. */
  titulo: string;
  /** Whether Tele Clínica heard it. */
  ouviu: string;
  /** What happens next. */
  depois: string;
  /** What a person can do; '' = nothing needs doing. */
  fazer: string;
}

export interface Contexto {
  /** Sending is paused altogether. */
  pausado: boolean;
  /** The open operações (see `listEnvios`). */
  envios: readonly Envio[];
  /** The last thing asked was withdrawn: in words, with whether it had been sent. */
  desfeito?: string | undefined;
}

const SEGUE_SOZINHO = 'Você pode sair desta página: o pedido está guardado e segue sozinho.';

/** The message at the top of a usuário. */
export function sentenceOf(usuario: Usuario, contexto: Contexto): Frase {
  switch (andamento(usuario)) {
    case 'retido':
      return heldSentence(usuario, contexto);
    case 'seguindo':
      return followingSentence(usuario, contexto);
    case 'pronto':
      return settledSentence(usuario, contexto);
  }
}

// What we found ourselves before any call; the other causes are the partner's own answers.
const ANTES_DE_ENVIAR: ReadonlySet<CausaDeRetencao> = new Set([
  'sem_plano',
  'mais_de_um_plano',
  'plano_nao_registrado',
  'quem_e_a_pessoa',
  'fora_do_teste',
  'derruba_o_processo',
]);

function heldSentence({ retida, retidaDetalhe, mensagem }: Usuario, { envios }: Contexto): Frase {
  const causa = retida ?? 'estado_recusado';
  // Whatever the cause, a field that the partner refused shows that it heard.
  const ours =
    !retidaDetalhe.some(({ motivo }) => motivo.startsWith(RECUSOU)) &&
    (ANTES_DE_ENVIAR.has(causa) || (causa === 'dados' && envios.every(({ enviadas }) => enviadas === 0)));
  const said = ended(mensagem);
  return {
    tom: 'atencao',
    titulo: `Parado: ${CAUSA[causa]}`,
    ouviu: ours ? join('Este pedido não foi enviado à Tele Clínica.', said) : heard(said),
    depois: afterHolding(causa),
    fazer: O_QUE_FAZER[causa],
  };
}

function afterHolding(causa: CausaDeRetencao): string {
  if (causa === 'dados') return '';
  if (causa === 'quem_e_a_pessoa')
    return 'Se o IXC voltar a mostrar a pessoa de antes, a espera termina sozinha.';
  return 'Nada é enviado enquanto isto durar; conferimos de novo a cada 10 minutos.';
}

const heard = (said: string): string =>
  said === '' ? 'A Tele Clínica ouviu e não aceitou.' : `A Tele Clínica ouviu e respondeu: ${said}`;

function followingSentence(usuario: Usuario, { pausado, envios }: Contexto): Frase {
  const esperaDesde = envios.find((each) => each.esperaDesde !== null)?.esperaDesde ?? null;
  if (pausado) {
    return {
      tom: 'atencao',
      titulo: 'Pedido guardado; o envio está em pausa.',
      ouviu: 'Nada foi enviado à Tele Clínica ainda.',
      depois: 'Será enviado quando a pausa terminar.',
      fazer: SEGUE_SOZINHO,
    };
  }
  if (usuario.falhas > 0 && esperaDesde === null) {
    const doubt = envios.some(({ talvezFeitas }) => talvezFeitas > 0);
    return {
      tom: 'atencao',
      titulo: 'A Tele Clínica ainda não confirmou.',
      ouviu: join(
        ended(usuario.mensagem) || 'A última tentativa não deu certo.',
        doubt ? 'Pode ser que ela tenha recebido: conferimos antes de repetir.' : '',
      ),
      depois: `Próxima tentativa ${quando(usuario.proximaEm)}.`,
      fazer: SEGUE_SOZINHO,
    };
  }
  return {
    tom: 'seguindo',
    titulo: 'Avisando a Tele Clínica…',
    ouviu:
      esperaDesde === null
        ? ended(usuario.mensagem) || 'O pedido está guardado e vai à Tele Clínica em instantes.'
        : `Enviado ${quando(esperaDesde)}; a Tele Clínica ainda não respondeu.`,
    depois: 'Quando ela responder, esta tela muda sozinha.',
    fazer: SEGUE_SOZINHO,
  };
}

function settledSentence(usuario: Usuario, { desfeito }: Contexto): Frase {
  const { observada, observadaEm, aguardaAcesso, mensagem } = usuario;
  const confirmado = observadaEm
    ? `Confirmado pela Tele Clínica em ${momento(observadaEm)}.`
    : 'A Tele Clínica ainda não foi consultada sobre esta pessoa.';
  return {
    tom: observada === 'ativo' ? 'certo' : 'neutro',
    titulo: SITUACAO_EXPLICADA[observada],
    ouviu: join(ended(desfeito ?? null), confirmado, ended(mensagem)),
    depois: afterSettled(usuario),
    fazer:
      aguardaAcesso && observada === 'ativo'
        ? 'A pessoa ainda não fez o primeiro acesso: lembre-a de entrar pelo celular ou e-mail do cadastro.'
        : '',
  };
}

function afterSettled({ observada, desejada, cancelarEm, bloqueioManual }: Usuario): string {
  if (observada === 'cancelado')
    return 'Esta conta não volta; se for o caso, uma pessoa cria outra pelo contrato.';
  if (cancelarEm !== null) return `Cancelamento marcado para ${momento(cancelarEm)}; até lá fica bloqueado.`;
  if (observada === 'bloqueado') {
    return bloqueioManual
      ? 'Um operador pediu o bloqueio, e só um operador o desfaz.'
      : 'O acesso volta quando o contrato voltar.';
  }
  if (observada === 'ativo') return 'Continua assim enquanto o contrato der direito.';
  return desejada === 'ausente' ? 'Nada está pedido.' : '';
}

/** The message of one operação: how it stands, and whether any call of it left. `chamadas` = its calls. */
export function sentenceOfOperacao(
  operacao: Pick<Operacao, 'estado' | 'retida' | 'mensagem'>,
  chamadas: readonly { escrita: boolean; resultado: string; enviadaEm: string }[],
): Frase {
  const { retida } = operacao;
  if (retida !== null) {
    const held = { retida, mensagem: operacao.mensagem };
    const heardBy = ANTES_DE_ENVIAR.has(retida)
      ? 'Nada desta operação foi enviado à Tele Clínica.'
      : whoHeard(chamadas);
    return {
      tom: 'atencao',
      titulo: `Parada: ${CAUSA[retida]}`,
      ouviu: join(heardBy, ended(held.mensagem)),
      depois: '',
      fazer: O_QUE_FAZER[retida],
    };
  }
  const ouviu = join(whoHeard(chamadas), ended(operacao.mensagem));
  switch (operacao.estado) {
    case 'aberta':
      return {
        tom: 'seguindo',
        titulo: 'Em andamento.',
        ouviu,
        depois: 'Segue sozinha até a Tele Clínica confirmar.',
        fazer: '',
      };
    case 'feita':
      return {
        tom: 'certo',
        titulo: 'Feita.',
        ouviu,
        depois: 'Não há mais nada a enviar por ela.',
        fazer: '',
      };
    case 'recusada':
      return {
        tom: 'erro',
        titulo: 'A Tele Clínica recusou.',
        ouviu,
        depois: 'Não será enviada de novo sozinha.',
        fazer: 'Corrija o que ela apontou e use Reenviar, ou Descartar para retirar o pedido.',
      };
    case 'substituida':
      return {
        tom: 'neutro',
        titulo: 'Um pedido mais novo tomou o lugar desta.',
        ouviu: whoHeard(chamadas),
        depois: 'Nada mais é enviado por ela.',
        fazer: '',
      };
    case 'descartada':
      return {
        tom: 'neutro',
        titulo: 'Descartada por uma pessoa.',
        ouviu,
        depois: 'Nada mais é enviado por ela até o contrato mudar.',
        fazer: '',
      };
  }
}

function whoHeard(chamadas: readonly { escrita: boolean; resultado: string; enviadaEm: string }[]): string {
  const left = chamadas.filter(({ escrita, resultado }) => escrita && resultado !== 'nao_enviada');
  const last = left.at(-1);
  if (last === undefined) return 'Não chegou a ser enviada: a Tele Clínica não soube dela.';
  const at = quando(last.enviadaEm);
  switch (last.resultado) {
    case 'enviada':
      return `Enviada ${at}; a Tele Clínica ainda não respondeu.`;
    case 'sem_resposta':
    case 'uncertain':
      return `Enviada ${at}, sem resposta certa: é conferida antes de repetir.`;
    case 'unavailable':
      return `Tentada ${at}: a Tele Clínica estava fora do ar e não recebeu.`;
    default:
      return `A Tele Clínica ouviu e respondeu; última chamada ${at}.`;
  }
}

const join = (...parts: string[]): string => parts.filter((part) => part !== '').join(' ');

// The partner's own words often come without a full stop, and another sentence follows.
function ended(mensagem: string | null): string {
  const text = (mensagem ?? '').trim();
  return text === '' || /[.!?…]$/.test(text) ? text : `${text}.`;
}
