// What answers mean that mean the same to a write and to a reading.
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/teleclinica/port.ts';
import { AGORA, ativo, PASSOS, sees, wrote } from './respostas.ts';

describe('answers that mean the same to a write and to a reading', () => {
  const both = (
    outcome: Extract<
      Outcome<never>,
      {
        kind:
          | 'forbidden'
          | 'refused_data'
          | 'contract_broken'
          | 'credentials'
          | 'rate_limited'
          | 'unavailable';
      }
    >,
    estado = ativo,
  ) => [...PASSOS.map((passo) => wrote(outcome, passo, estado)), sees(outcome, estado)];

  it('forbidden holds this person only', () => {
    for (const cons of both({ kind: 'forbidden', mensagem: 'não' })) {
      expect(cons).toMatchObject({
        estado: ativo,
        retida: { causa: 'proibido' },
        sinal: { kind: 'respondeu' },
      });
    }
  });

  it('refused data holds with the field, the reason and what to correct', () => {
    const campos = [{ campo: 'email', mensagem: 'inválido' }];
    for (const { retida, operacao } of both({ kind: 'refused_data', campos, mensagem: 'recusado' })) {
      expect(operacao).toBe('recusada');
      expect(retida).toEqual({
        causa: 'dados',
        campos: [
          {
            campo: 'email',
            motivo: 'A Tele Clínica recusou: inválido',
            correcao: 'Corrija no cadastro do cliente no IXC.',
          },
        ],
      });
    }
  });

  it.each([
    ['plano', 'plano_nao_registrado', 'Abra o plano em Planos'],
    ['planId', 'plano_nao_registrado', 'Abra o plano em Planos'],
    ['tenantId', 'proibido', 'Confira a integração'],
    ['cnpj', 'proibido', 'Confira a integração'],
    ['integrationId', 'proibido', 'Confira a integração'],
    ['nascimento', 'dados', 'no cadastro do cliente'],
    ['um campo que o perfil não conhece', 'dados', 'no cadastro do cliente'],
  ])('a refused %s holds as %s and sends to whoever can correct it', (campo, causa, correcao) => {
    const outcome = { kind: 'refused_data', campos: [{ campo, mensagem: 'não' }], mensagem: 'não' } as const;
    for (const { retida } of both({ ...outcome, campos: [...outcome.campos] })) {
      expect(retida?.causa).toBe(causa);
      expect(retida?.campos[0]?.correcao).toContain(correcao);
    }
  });

  it('with the client’s register refused beside the plano, the register comes first', () => {
    const campos = ['plano', 'cpf'].map((campo) => ({ campo, mensagem: 'não' }));
    for (const { retida } of both({ kind: 'refused_data', campos, mensagem: 'não' })) {
      expect(retida?.causa).toBe('dados');
      expect(retida?.campos.map(({ correcao }) => correcao)).toEqual([
        expect.stringContaining('Planos'),
        expect.stringContaining('cliente'),
      ]);
    }
  });

  it('a broken contract holds, and nothing is believed', () => {
    for (const { estado, retida } of both({ kind: 'contract_broken', mensagem: 'x'.repeat(400) })) {
      expect(estado.observada).toBe('desconhecido');
      expect(retida?.causa).toBe('contrato_quebrado');
    }
  });

  it('refused credentials stop the integração and are nobody’s fault', () => {
    for (const { estado, sinal, retida, operacao } of both({ kind: 'credentials', mensagem: '' })) {
      expect({ estado, sinal, retida, operacao }).toEqual({
        estado: ativo,
        sinal: { kind: 'credencial' },
        retida: null,
        operacao: 'aberta',
      });
    }
  });

  it.each([
    [7_000, 7_000],
    [undefined, 5_000],
  ])('a rate limit (%s) slows the integração by %i ms, without a failure counted', (esperarMs, wait) => {
    for (const { estado, sinal, esperarAte } of both({ kind: 'rate_limited', esperarMs })) {
      expect({ estado, sinal, esperarAte }).toEqual({
        estado: ativo,
        sinal: { kind: 'limite', esperarMs: wait },
        esperarAte: AGORA + wait,
      });
    }
  });

  it('unavailable is surely not applied: the same again, later and later', () => {
    const outcome = { kind: 'unavailable', esperarMs: undefined, mensagem: 'fora' } as const;
    for (const { estado, sinal, esperarAte } of both(outcome, { ...ativo, falhas: 2 })) {
      expect(estado).toEqual({ ...ativo, falhas: 3 });
      expect({ sinal, esperarAte }).toEqual({ sinal: { kind: 'fora' }, esperarAte: AGORA + 4_000 });
    }
  });

  it('unavailable with Retry-After waits at least that long', () => {
    for (const { esperarAte } of both({ kind: 'unavailable', esperarMs: 90_000, mensagem: '' })) {
      expect(esperarAte).toBe(AGORA + 90_000);
    }
  });
});
