// Who can be sent, and what the attendant reads when somebody cannot.
import { describe, expect, it } from 'vitest';
import { celular, cpfDigits } from '../../src/demo/ixc/sorteio.ts';
import type { Cliente } from '../../src/ixc/tipos.ts';
import { ageOn, checkIdentity, checkPessoa, isUsableEmail, toMobile } from '../../src/sync/pessoa.ts';

const HOJE = '2026-03-01';
const CPF = cpfDigits(3, 14);
const wrongCheckDigit = CPF.slice(0, 10) + ((Number(CPF[10]) + 1) % 10);

const cliente = (change: Partial<Cliente> = {}): Cliente => ({
  id: 77,
  nome: 'Pessoa de Teste',
  nomeSocial: '',
  tipoPessoa: 'F',
  documento: CPF,
  nascimento: '1980-05-17',
  emails: ['pessoa@example.com'],
  telefones: ['11987654321'],
  ativo: true,
  atualizadoEm: '2026-01-01 00:00:00',
  ...change,
});
/** `campo: motivo` of each refusal; an empty list = the person can be sent. */
const refusals = (change: Partial<Cliente>, hoje = HOJE) => {
  const checked = checkPessoa(cliente(change), hoje);
  return checked.ok ? [] : checked.campos.map(({ campo, motivo }) => `${campo}: ${motivo}`);
};

describe('a clean register', () => {
  it('is sent with one mobile and one e-mail', () => {
    expect(checkPessoa(cliente(), HOJE)).toEqual({
      ok: true,
      pessoa: {
        nome: 'Pessoa de Teste',
        cpf: CPF,
        nascimento: '1980-05-17',
        email: 'pessoa@example.com',
        celular: '11987654321',
      },
    });
  });

  it('gives the first usable of several, and none when none is', () => {
    const several = cliente({
      emails: ['naotem@provedor.com.br', 'a@b', 'certa@example.com', 'outra@example.com'],
      telefones: ['1133334444', '5511987654321', '11911112222'],
    });
    expect(checkPessoa(several, HOJE)).toMatchObject({
      pessoa: { email: 'certa@example.com', celular: '11987654321' },
    });
    expect(checkPessoa(cliente({ emails: [] }), HOJE)).toMatchObject({ pessoa: { email: null } });
    expect(checkPessoa(cliente({ telefones: [] }), HOJE)).toMatchObject({ pessoa: { celular: null } });
  });

  it('collapses the spaces of a name', () => {
    expect(checkPessoa(cliente({ nome: '  Ana\t Maria \n Souza ' }), HOJE)).toMatchObject({
      pessoa: { nome: 'Ana Maria Souza' },
    });
  });
});

describe('every mistake at once', () => {
  it('is told, each with the client to correct', () => {
    const checked = checkPessoa(
      cliente({ documento: '', nome: '', nascimento: null, emails: [], telefones: [] }),
      HOJE,
    );
    expect(checked.ok).toBe(false);
    if (checked.ok) return;
    expect(checked.campos.map(({ campo }) => campo)).toEqual(['cpf', 'nome', 'nascimento', 'contato']);
    for (const { correcao } of checked.campos) expect(correcao).toContain('cliente 77');
  });

  it('keeps no value, only why', () => {
    const dirty = { documento: wrongCheckDigit, nome: 'X9', emails: ['teste@teste.com'], telefones: ['999'] };
    const told = JSON.stringify(checkPessoa(cliente(dirty), HOJE));
    for (const value of [wrongCheckDigit, 'X9', 'teste@teste.com', '999']) expect(told).not.toContain(value);
  });
});

describe('the CPF', () => {
  it.each<[string, Partial<Cliente>, RegExp]>([
    ['empty', { documento: '' }, /vazio/],
    ['with a wrong check digit', { documento: wrongCheckDigit }, /não existe/],
    ['of equal digits', { documento: '11111111111' }, /não existe/],
    ['too short', { documento: CPF.slice(1) }, /não existe/],
    ['of a company by its type', { tipoPessoa: 'J' }, /empresa/],
    ['of a company by its CNPJ', { tipoPessoa: 'F', documento: '12345678000195' }, /empresa/],
    ['of a company with letters in its CNPJ', { tipoPessoa: '', documento: '12ABC34501DE35' }, /empresa/],
    ['of a foreigner without one', { tipoPessoa: 'E', documento: '' }, /vazio/],
  ])('%s is refused', (_, change, motivo) => {
    const identity = checkIdentity(cliente(change));
    expect(identity.ok).toBe(false);
    expect(refusals(change)[0]).toMatch(motivo);
  });

  it.each(['F', 'E', ''] as const)(
    'that exists is enough, whatever else the type “%s” says',
    (tipoPessoa) => {
      expect(checkIdentity(cliente({ tipoPessoa }))).toEqual({ ok: true, cpf: CPF });
    },
  );
});

describe('the name', () => {
  it.each([
    'Ana Souza',
    'Zoë D’Ávila',
    "Maria d'Alva",
    'José da Conceição Júnior',
    'Li Wu',
    'Anna-Luísa Groß',
    `Ana ${'b'.repeat(96)}`,
  ])('“%s” is taken', (nome) => {
    expect(refusals({ nome })).toEqual([]);
  });

  it.each([
    ['', /vazio/],
    ['   ', /vazio/],
    ['Ana', /sobrenome/],
    ['Ana .', /sobrenome/],
    ['Ana Souza 2', /números/],
    ['Ana <b>Souza</b>', /sinais/],
    [`Ana ${'b'.repeat(97)}`, /100 letras/],
  ])('“%s” is refused', (nome, motivo) => {
    expect(refusals({ nome })).toEqual([expect.stringMatching(motivo)]);
  });
});

describe('the birth date', () => {
  it.each([
    ['1980-05-17', 'an adult'],
    ['2008-03-01', 'eighteen today'],
    ['1906-03-01', 'exactly 120'],
    ['1905-03-02', 'still 120'],
    ['2004-02-29', 'born on a leap day'],
  ])('%s is taken: %s', (nascimento) => {
    expect(refusals({ nascimento })).toEqual([]);
  });

  it.each([
    [null, /vazia/],
    ['1900-01-01', /preenchimento/],
    ['1899-12-31', /preenchimento/],
    ['1901-01-01', /preenchimento/],
    ['2026-03-02', /futuro/],
    ['2026-03-01', /18 anos/],
    ['2008-03-02', /18 anos/],
    ['1905-03-01', /120 anos/],
    ['1850-06-06', /120 anos/],
  ])('%s is refused', (nascimento, motivo) => {
    expect(refusals({ nascimento })).toEqual([expect.stringMatching(motivo)]);
  });

  it.each([
    ['2000-02-29', '2018-02-28', 17],
    ['2000-02-29', '2018-03-01', 18],
    ['2000-12-31', '2001-01-01', 0],
    ['2000-01-01', '2000-01-01', 0],
  ])('of %s makes on %s an age of %i', (nascimento, hoje, age) => {
    expect(ageOn(nascimento, hoje)).toBe(age);
  });
});

describe('the contact', () => {
  it('needs one of the two', () => {
    expect(refusals({ emails: [] })).toEqual([]);
    expect(refusals({ telefones: [] })).toEqual([]);
    expect(refusals({ emails: ['naotem@x.com'], telefones: ['1133334444'] })).toEqual([
      expect.stringMatching(/^contato: /),
    ]);
  });

  it.each([
    ['11987654321', '11987654321'],
    ['(11) 98765-4321', '11987654321'],
    ['011 98765.4321', '11987654321'],
    ['+55 11 98765-4321', '11987654321'],
    ['0055 (11) 98765 4321', '11987654321'],
    ['5555987654321', '55987654321'],
    ['55987654321', '55987654321'],
    [celular(1, 2, 3), celular(1, 2, 3).replace(/\D/g, '').slice(-11)],
  ])('%s is the mobile %s', (phone, mobile) => {
    expect(toMobile(phone)).toBe(mobile);
  });

  it.each([
    ['', 'empty'],
    ['1133334444', 'a landline'],
    ['1187654321', 'a mobile of before the ninth digit'],
    ['987654321', 'without DDD'],
    ['20987654321', 'a DDD that does not exist'],
    ['11887654321', 'third digit not 9'],
    ['11999999999', 'one digit over and over'],
    ['01511987654321', 'with a carrier code'],
    ['4411987654321', 'of another country'],
    ['119876543210', 'too long'],
  ])('%s is none: %s', (phone) => {
    expect(toMobile(phone)).toBeNull();
  });

  it.each([
    'ana@example.com',
    'ana.souza+ixc@mail.example.com.br',
    'n4o@example.com',
    'teste.silva@example.com',
  ])('%s can receive a code', (email) => {
    expect(isUsableEmail(email)).toBe(true);
  });

  it.each([
    'nao@provedor.com',
    'não@provedor.com',
    'naotem@provedor.com.br',
    'nao_tem@x.com',
    'sem@x.com',
    'semail@x.com',
    'teste@example.com',
    'test1@example.com',
    'xxx@example.com',
    'aaa@example.com',
    'cliente@example.com',
    'ana@teste.com',
    'ana@naotem.com',
    'ana@xx.com',
    'ana',
    'ana@example',
    'ana@@example.com',
    'ana souza@example.com',
    'ana@example.c',
    `${'a'.repeat(95)}@b.com`,
  ])('%s cannot', (email) => {
    expect(isUsableEmail(email)).toBe(false);
  });
});
