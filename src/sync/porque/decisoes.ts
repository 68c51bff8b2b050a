// The fourth part: what became of the change that the rules ask for: mode, brake, lotes, a refused run. Pure.
import { type Modo, modoFor } from '../modos.ts';
import type { Acao } from '../tipos.ts';
import { list, VERBO } from './palavras.ts';
import { meaningNow } from './regras.ts';
import type { Fatos, LinhaDeLote, Passo } from './tipos.ts';

/** What was, or will be, decided about this account. */
export function aboutDecisoes(fatos: Fatos): Passo[] {
  const { recusa, usuario } = fatos;
  const passos: Passo[] = [];
  if (recusa !== undefined) {
    passos.push({
      texto: `A última leitura do IXC foi recusada${recusa.motivo ? `: ${recusa.motivo.replace(/\.$/, '')}` : ''}. Enquanto isso nada muda sozinho.`,
      tom: 'atencao',
      id: `varredura-${recusa.id}`,
    });
  }
  passos.push(...(usuario === undefined ? aboutCriacao(fatos) : aboutMudanca(fatos)));
  return [...passos, ...fatos.linhas.map(lineOf)];
}

function aboutMudanca(fatos: Fatos): Passo[] {
  const { mudanca, integracao, usuario } = fatos;
  if (usuario?.retida === 'quem_e_a_pessoa') {
    const texto = 'Até alguém responder quem é a pessoa, as regras não mudam nada nesta conta.';
    return [{ texto, tom: 'atencao', id: `usuario-${usuario.id}` }];
  }
  if (integracao?.ambiente === 'homologacao') {
    const texto = 'A integração é de homologação: nela nada muda sozinho, só por pedido de uma pessoa.';
    return [{ texto, tom: 'neutro', id: `integracao-${integracao.id}` }];
  }
  if (mudanca !== undefined) {
    const asked: Passo = {
      texto: `As regras pedem para ${VERBO[mudanca.acao]}. ${mudanca.motivo}`,
      tom: 'atencao',
      id: `contrato-${mudanca.contratoId}`,
    };
    return [asked, aboutModo(fatos, mudanca.acao, mudanca.filialId)];
  }
  const late = fatos.contratos.filter(
    (each) =>
      each.contrato !== null &&
      each.adesao !== null &&
      meaningNow(each, fatos) !== (each.adesao.lido ?? each.adesao.significado),
  );
  if (late.length > 0) {
    return [
      {
        texto: `O IXC já diz outra coisa do que a última varredura leu (${list(late.map(({ id }) => id))}): a próxima a alcança, em segundos.`,
        tom: 'atencao',
        id: `contrato-${late[0]?.id}`,
      },
    ];
  }
  return [
    {
      texto: 'As regras não pedem nenhuma mudança nesta conta agora.',
      tom: 'certo',
      id: `usuario-${usuario?.id}`,
    },
  ];
}

function aboutCriacao(fatos: Fatos): Passo[] {
  const [first] = fatos.contratos;
  if (first?.contrato == null) return [];
  const passos: Passo[] = [
    { texto: 'Este contrato não tem usuário na Tele Clínica.', tom: 'neutro', id: `contrato-${first.id}` },
  ];
  const [vinculo] = first.vinculos;
  if (vinculo === undefined || meaningNow(first, fatos) !== 'ativo') return passos;
  if (!vinculo.criaSozinha) {
    passos.push({
      texto: 'A integração do plano não cria usuários sozinha: alguém precisa clicar em Criar usuário.',
      tom: 'neutro',
      id: `vinculo-${vinculo.id}`,
    });
    return passos;
  }
  return [...passos, aboutModo(fatos, 'criar', first.contrato.filialId ?? 0)];
}

const MODO: Record<Modo, string> = {
  observar: 'é Observar: a mudança só é mostrada, nada é feito sozinho',
  sugerir: 'é Sugerir: a mudança espera a decisão de uma pessoa, num lote',
  automatico: 'é Automático: a próxima varredura faz a mudança, se o freio não a segurar',
};

function aboutModo({ modos, regimeAceito }: Fatos, acao: Acao, filialId: number): Passo {
  const modo = modoFor(modos, acao, filialId);
  const first = modo === 'automatico' && !regimeAceito;
  const words = first
    ? 'é Automático, mas ninguém decidiu ainda sobre a primeira varredura com as regras de agora: por isso a mudança espera num lote'
    : MODO[modo];
  return {
    texto: `O modo para ${VERBO[acao]}${filialId === 0 ? '' : ` na filial ${filialId}`} ${words}.`,
    tom: modo === 'automatico' && !first ? 'neutro' : 'atencao',
    id: `modo-${acao}-${filialId}`,
  };
}

const ORIGEM: Record<LinhaDeLote['origem'], string> = {
  previa: 'da prévia',
  freio: 'do freio',
  operador: 'de um operador',
};

function lineOf(linha: LinhaDeLote): Passo {
  const { loteId, n, origem, acao } = linha;
  const base = { id: `lote-${loteId}-linha-${n}`, operadorId: linha.decididoPor, em: linha.decididoEm };
  const texto = `Lote ${loteId} (${ORIGEM[origem]}): ${VERBO[acao]} pelo contrato ${linha.contratoId}`;
  switch (linha.estado) {
    case 'pendente':
      return {
        texto: `${texto} ${waiting(linha)}.${linha.motivoDoLote ? ` Motivo: ${linha.motivoDoLote}.` : ''}`,
        tom: linha.estadoDoLote === 'simulado' ? 'neutro' : 'atencao',
        id: base.id,
      };
    case 'aplicada':
      return { ...base, texto: `${texto} foi aprovado e posto em vigor`, tom: 'neutro' };
    case 'recusada':
      return {
        ...base,
        texto: `${texto} foi rejeitado: não é pedido de novo até o contrato mudar`,
        tom: 'atencao',
      };
    case 'dispensada':
      return {
        texto: `${texto} foi dispensado. ${linha.mensagem ?? ''}`.trim(),
        tom: 'neutro',
        id: base.id,
      };
  }
}

function waiting({ estadoDoLote }: LinhaDeLote): string {
  switch (estadoDoLote) {
    case 'aguardando':
      return 'espera a decisão de uma pessoa';
    case 'executando':
      return 'está na vez de ser feito';
    case 'pausado':
      return 'está num lote em pausa';
    case 'simulado':
      return 'aparece numa simulação, que não muda nada';
    default:
      return 'não foi feito: o lote terminou antes';
  }
}
