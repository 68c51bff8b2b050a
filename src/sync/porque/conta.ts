// The last part: what Tele Clínica confirmed, and what stands between that and what should be. Pure.
import { describeChamada } from '../historia.ts';
import { isPaused } from '../pausas.ts';
import { nameOfRetencao } from '../retencoes.ts';
import type { Usuario } from '../tipos.ts';
import { DEVE_SER, ESTA } from './palavras.ts';
import type { Fatos, IntegracaoLida, OperacaoLida, Passo } from './tipos.ts';

/** Confirmed state, newest operação, and what keeps it from going on. Empty for a contract without usuário. */
export function aboutContas(fatos: Fatos): Passo[] {
  const { usuario, operacao, integracao } = fatos;
  if (usuario === undefined) return [];
  return [
    ...(operacao === undefined ? [] : [newest(operacao), ...callsOf(operacao)]),
    ...confirmed(usuario),
    ...between(usuario),
    ...pausesOf(fatos, usuario),
    ...(integracao === undefined ? [] : aboutIntegracao(integracao)),
  ];
}

function newest({ id, acao, causa, operadorId, motivo, em }: OperacaoLida): Passo {
  const why = { operador: 'a pedido', regra: 'pela regra', correcao: 'para corrigir uma diferença' }[causa];
  return {
    texto: `A última operação foi “${describeChamada(acao)}”, ${why}${motivo ? ` (${motivo.replace(/\.$/, '')})` : ''}`,
    tom: 'neutro',
    id: `operacao-${id}`,
    em,
    ...(operadorId === null ? {} : { operadorId }),
  };
}

// As they were made, so that question and answer read in order.
const callsOf = ({ chamadas }: OperacaoLida): Passo[] =>
  chamadas.toReversed().map(({ texto, id, em }) => ({ texto, tom: 'neutro', id, em }));

function confirmed(usuario: Usuario): Passo[] {
  const id = usuario.remotoId ?? `usuario-${usuario.id}`;
  if (usuario.observadaEm === null) {
    const texto = 'A Tele Clínica ainda não confirmou nada sobre esta pessoa.';
    return [{ texto, tom: 'atencao', id }];
  }
  const passos: Passo[] = [
    {
      texto: `A Tele Clínica confirmou a conta como ${ESTA[usuario.observada]}`,
      tom: 'neutro',
      id,
      em: usuario.observadaEm,
    },
  ];
  if (usuario.aguardaAcesso && usuario.observada === 'ativo') {
    const texto = 'A pessoa ainda não fez o primeiro acesso: a conta vale, mas nunca foi usada.';
    passos.push({ texto, tom: 'atencao', id });
  }
  return passos;
}

function between(usuario: Usuario): Passo[] {
  const { desejada, observada, retida, trabalho, falhas, proximaEm } = usuario;
  const id = `usuario-${usuario.id}`;
  if (retida !== null)
    return [
      { texto: `Nada é enviado: está parada por “${nameOfRetencao(retida)}”.`, tom: 'atencao', id },
      ...usuario.retidaDetalhe.map(({ campo, motivo }) => ({
        texto: `Campo “${campo}”: ${motivo}`,
        tom: 'atencao' as const,
        id,
      })),
    ];
  if (trabalho && falhas > 0) {
    const texto = `${falhas} ${falhas === 1 ? 'tentativa não deu' : 'tentativas não deram'} certo; a próxima é`;
    return [{ texto, tom: 'atencao', id, em: proximaEm, ligacao: ' em' }];
  }
  if (trabalho)
    return [{ texto: 'O pedido está na fila, e a Tele Clínica será avisada.', tom: 'neutro', id }];
  if (desejada === observada)
    return [{ texto: 'O que deve ser e o que foi confirmado são iguais.', tom: 'certo', id }];
  return [
    {
      texto: `Deve ficar ${DEVE_SER[desejada]}, está ${ESTA[observada]}, e nada está na fila.`,
      tom: desejada === 'ausente' || observada === 'ausente' ? 'neutro' : 'atencao',
      id,
    },
  ];
}

function pausesOf({ pausas, pausadoPorArquivo }: Fatos, { adesoes, trabalho }: Usuario): Passo[] {
  if (!trabalho) return [];
  if (pausadoPorArquivo)
    return [
      { texto: 'Os envios estão parados por um arquivo no servidor.', tom: 'atencao', id: 'pausa-arquivo' },
    ];
  const filialId = adesoes[0]?.filialId ?? 0;
  return pausas
    .filter((pausa) => isPaused([pausa], 'ler', filialId) || pausa.operacao !== '')
    .filter(({ filialId: scope }) => scope === 0 || scope === filialId)
    .map(({ id, motivo, operadorId, criadoEm, operacao }) => ({
      texto: `Há uma pausa ${operacao === '' ? 'em todos os envios' : `para “${describeChamada(operacao)}”`}: “${motivo}”`,
      tom: 'atencao' as const,
      id: `pausa-${id}`,
      operadorId,
      em: criadoEm,
    }));
}

function aboutIntegracao({
  id: number,
  nome,
  credencialParadaEm,
  foraDesde,
  contatoEm,
}: IntegracaoLida): Passo[] {
  const id = `integracao-${number}`;
  if (credencialParadaEm !== null) {
    const texto = `A integração “${nome}” está parada: a Tele Clínica recusou usuário ou senha`;
    return [{ texto, tom: 'atencao', id, em: credencialParadaEm }];
  }
  if (foraDesde !== null)
    return [
      {
        texto: `A Tele Clínica não responde à integração “${nome}”`,
        tom: 'atencao',
        id,
        em: foraDesde,
        ligacao: ' desde',
      },
    ];
  if (contatoEm === null)
    return [{ texto: `A Tele Clínica nunca respondeu à integração “${nome}”.`, tom: 'neutro', id }];
  return [
    {
      texto: `A Tele Clínica respondeu à integração “${nome}” pela última vez`,
      tom: 'neutro',
      id,
      em: contatoEm,
    },
  ];
}
