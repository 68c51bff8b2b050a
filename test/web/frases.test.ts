// The sentence at the top of a usuário: what happened, whether Tele Clínica heard it, what happens next.
import { expect, test } from 'vitest';
import type { Envio } from '../../src/sync/envio.ts';
import type { Usuario } from '../../src/sync/tipos.ts';
import { type Contexto, sentenceOf } from '../../src/web/frases.ts';

const usuario = (over: Partial<Usuario>): Usuario => ({
  id: 7,
  integracaoId: 1,
  integracaoNome: 'Tele Clínica',
  vez: 1,
  remotoId: 'r-1',
  bloqueioManual: false,
  cancelarEm: null,
  desejada: 'ativo',
  desejadoPlanoId: 1,
  desejadoPlanoNome: 'Individual',
  geracao: 1,
  observada: 'ativo',
  observadoPlano: 'individual',
  aguardaAcesso: false,
  observadaEm: '2026-03-01 12:00:00.000000',
  trabalho: false,
  proximaEm: '2026-03-01 12:00:00.000000',
  conferirEm: null,
  falhas: 0,
  retida: null,
  retidaDetalhe: [],
  mensagem: null,
  adesoes: [],
  outrasFiliais: 0,
  ...over,
});

const envio = (over: Partial<Envio>): Envio => ({
  operacaoId: 1,
  acao: 'criar',
  porOperador: true,
  filialId: 1,
  pedidaEm: '2026-03-01 12:00:00.000000',
  enviadas: 0,
  talvezFeitas: 0,
  esperaDesde: null,
  ...over,
});

const contexto = (over: Partial<Contexto> = {}): Contexto => ({ pausado: false, envios: [], ...over });

test('settled: what is, when Tele Clínica confirmed it, and that nothing needs doing', () => {
  expect(sentenceOf(usuario({}), contexto())).toEqual({
    tom: 'certo',
    titulo: 'A pessoa pode usar a Tele Clínica.',
    ouviu: 'Confirmado pela Tele Clínica em 01/03/2026 09:00:00.',
    depois: 'Continua assim enquanto o contrato der direito.',
    fazer: '',
  });
});

test('waiting for the first access: what the attendant can tell the person', () => {
  expect(sentenceOf(usuario({ aguardaAcesso: true }), contexto()).fazer).toContain('primeiro acesso');
});

test('blocked on request: only an operator undoes it', () => {
  const frase = sentenceOf(usuario({ observada: 'bloqueado', bloqueioManual: true }), contexto());

  expect(frase.tom).toBe('neutro');
  expect(frase.depois).toContain('só um operador o desfaz');
});

test('blocked by a rule: the contract brings it back', () => {
  expect(sentenceOf(usuario({ observada: 'bloqueado' }), contexto()).depois).toContain(
    'quando o contrato voltar',
  );
});

test('a cancellation to come is told with its day', () => {
  const frase = sentenceOf(
    usuario({ observada: 'bloqueado', cancelarEm: '2026-03-08 12:00:00' }),
    contexto(),
  );

  expect(frase.depois).toContain('Cancelamento marcado para 08/03/2026');
});

test('under way: nothing to do but wait', () => {
  expect(sentenceOf(usuario({ trabalho: true }), contexto())).toMatchObject({
    tom: 'seguindo',
    titulo: 'Avisando a Tele Clínica…',
  });
});

test('sent and not answered yet: since when', () => {
  const frase = sentenceOf(
    usuario({ trabalho: true }),
    contexto({ envios: [envio({ enviadas: 1, talvezFeitas: 1, esperaDesde: '2026-03-01 12:00:00' })] }),
  );

  expect(frase.ouviu).toMatch(/^Enviado em 01\/03\/2026 09:00:00;/);
});

test('failing: what Tele Clínica said and when the next attempt is', () => {
  const frase = sentenceOf(
    usuario({ trabalho: true, falhas: 2, mensagem: 'A Tele Clínica não respondeu' }),
    contexto(),
  );

  expect(frase).toMatchObject({ tom: 'atencao', ouviu: 'A Tele Clínica não respondeu.' });
  expect(frase.depois).toMatch(/^Próxima tentativa em /);
});

test('failing after a write that may have been done: it is read back first', () => {
  const frase = sentenceOf(
    usuario({ trabalho: true, falhas: 1 }),
    contexto({ envios: [envio({ enviadas: 1, talvezFeitas: 1 })] }),
  );

  expect(frase.ouviu).toContain('conferimos antes de repetir');
});

test('paused: kept, not sent', () => {
  expect(sentenceOf(usuario({ trabalho: true }), contexto({ pausado: true })).titulo).toBe(
    'Pedido guardado; o envio está em pausa.',
  );
});

test('held for a plano that Tele Clínica refused: it heard, and the plano is what to look at', () => {
  const campo = { campo: 'plano', motivo: 'A Tele Clínica recusou: não existe', correcao: 'Abra o plano.' };
  const frase = sentenceOf(
    usuario({
      trabalho: true,
      retida: 'plano_nao_registrado',
      retidaDetalhe: [campo],
      mensagem: 'não existe',
    }),
    contexto(),
  );

  expect(frase.ouviu).toBe('A Tele Clínica ouviu e respondeu: não existe.');
  expect(frase.fazer).toContain('Abra o plano em Planos');
});

test.each([
  ['that never left', 0, 'Este pedido não foi enviado à Tele Clínica.'],
  ['that Tele Clínica refused', 1, 'A Tele Clínica ouviu e não aceitou.'],
])('held for data %s: why, whether it was heard, what to do', (_what, enviadas, ouviu) => {
  const frase = sentenceOf(
    usuario({ trabalho: true, retida: 'dados' }),
    contexto({ envios: [envio({ enviadas })] }),
  );

  expect(frase).toMatchObject({ tom: 'atencao', titulo: 'Parado: Cadastro precisa de correção', ouviu });
  expect(frase.fazer).toContain('Corrija o cadastro do cliente no IXC');
});

test('held for a doubt about the person: it ends with IXC or with somebody’s answer, not by the clock', () => {
  const { depois, fazer } = sentenceOf(usuario({ retida: 'quem_e_a_pessoa' }), contexto());
  expect(depois).toContain('termina sozinha');
  expect(depois).not.toContain('10 minutos');
  expect(fazer).toContain('quem é a pessoa');
});
