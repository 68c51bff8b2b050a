// The e-mail channel against a real SMTP server: login, encryption, refusals in plain words.
import { afterEach, describe, expect, test } from 'vitest';
import { type Seguranca, type Smtp, sendEmail } from '../../../src/sync/avisos/email.ts';
import { type Correio, type Opcoes, startCorreio } from './correio.ts';

const LOGIN = { usuario: 'avisos', senha: 'çenha com espaço' };
const CARTA = {
  id: 'aviso-abcd1234-7-comecou',
  assunto: '[Tele Clínica] Freio: 12 bloqueios à espera de decisão',
  texto: 'Uma varredura quis fazer um número anormal de bloqueios.\n\nOnde ver: https://ixc.example/lotes/7',
};
const ENVIO = { hosts: ['127.0.0.1'], prazoMs: 5_000 };

let correio: Correio;
afterEach(() => correio.stop());

async function smtpOf(opcoes: Opcoes, seguranca: Seguranca, change: Partial<Smtp> = {}): Promise<Smtp> {
  correio = await startCorreio(opcoes);
  const login = opcoes.login ?? { usuario: '', senha: '' };
  const de = 'avisos@provedor.example';
  const para = ['noc@provedor.example', 'gerente@provedor.example'];
  return { servidor: '127.0.0.1', porta: correio.porta, seguranca, ...login, de, para, ...change };
}

test('a letter arrives whole, once, for every recipient', async () => {
  const smtp = await smtpOf({ login: LOGIN }, 'nenhuma');

  const answer = await sendEmail(smtp, { ...CARTA, resposta: 'aviso-abcd1234-6-comecou' }, ENVIO);

  expect(answer).toEqual({ ok: true, mensagem: '127.0.0.1 aceitou a mensagem.' });
  expect(correio.cartas).toHaveLength(1);
  const [carta] = correio.cartas;
  expect(carta).toMatchObject({
    de: 'avisos@provedor.example',
    para: ['noc@provedor.example', 'gerente@provedor.example'],
    assunto: CARTA.assunto,
    usuario: LOGIN.usuario,
  });
  expect(carta?.texto.replaceAll('\r\n', '\n').trim()).toBe(CARTA.texto);
  expect(carta?.header('Message-ID')).toBe('<aviso-abcd1234-7-comecou@provedor.example>');
  expect(carta?.header('In-Reply-To')).toBe('<aviso-abcd1234-6-comecou@provedor.example>');
  expect(carta?.header('Auto-Submitted')).toBe('auto-generated');
});

test('without a user nobody logs in', async () => {
  const smtp = await smtpOf({}, 'nenhuma');

  expect(await sendEmail(smtp, CARTA, ENVIO)).toMatchObject({ ok: true });
  expect(correio.logins).toEqual([]);
});

describe('what goes wrong is told in plain words', () => {
  test('a wrong password', async () => {
    const smtp = await smtpOf({ login: LOGIN }, 'nenhuma', { senha: 'outra' });

    expect(await sendEmail(smtp, CARTA, ENVIO)).toEqual({
      ok: false,
      mensagem: '127.0.0.1 recusou o usuário ou a senha.',
    });
  });

  test('every recipient refused', async () => {
    const smtp = await smtpOf({ recusa: () => true }, 'nenhuma');

    const answer = await sendEmail(smtp, CARTA, ENVIO);

    expect(answer).toEqual({ ok: false, mensagem: '127.0.0.1 recusou o remetente ou os destinatários.' });
    expect(answer.mensagem).not.toContain('noc@');
  });

  test('one recipient refused does not keep it from the other', async () => {
    const smtp = await smtpOf({ recusa: (address) => address.startsWith('noc') }, 'nenhuma');

    expect(await sendEmail(smtp, CARTA, ENVIO)).toEqual({
      ok: true,
      mensagem: '127.0.0.1 aceitou a mensagem. Ele recusou 1 dos destinatários.',
    });
    expect(correio.cartas.map(({ para }) => para)).toEqual([['gerente@provedor.example']]);
  });

  test('a server that is not there', async () => {
    const smtp = await smtpOf({}, 'nenhuma');
    await correio.stop();

    expect(await sendEmail(smtp, CARTA, ENVIO)).toEqual({
      ok: false,
      mensagem: 'O servidor 127.0.0.1 recusou a conexão.',
    });
  });

  test('a private server that nobody listed', async () => {
    const smtp = await smtpOf({}, 'nenhuma');

    const byAddress = await sendEmail(smtp, CARTA, { ...ENVIO, hosts: [] });
    const byName = await sendEmail({ ...smtp, servidor: 'localhost' }, CARTA, { ...ENVIO, hosts: [] });

    expect([byAddress.mensagem, byName.mensagem]).toEqual([
      expect.stringContaining('AVISOS_HOSTS'),
      expect.stringContaining('AVISOS_HOSTS'),
    ]);
  });
});

describe('encryption', () => {
  test.each([
    ['starttls', 'starttls'],
    ['tls', 'direto'],
  ] as const)(
    '%s with a certificate that nobody vouches for sends neither password nor letter',
    async (seguranca, tls) => {
      const smtp = await smtpOf({ login: LOGIN, tls }, seguranca);

      const answer = await sendEmail(smtp, CARTA, ENVIO);

      expect(answer).toEqual({ ok: false, mensagem: expect.stringContaining('certificado') });
      expect([correio.logins, correio.cartas]).toEqual([[], []]);
    },
  );

  test('STARTTLS asked of a server that has none sends neither password nor letter', async () => {
    const smtp = await smtpOf({ login: LOGIN }, 'starttls');

    expect(await sendEmail(smtp, CARTA, ENVIO)).toMatchObject({ ok: false });
    expect([correio.logins, correio.cartas]).toEqual([[], []]);
  });

  test('none is for this computer only', async () => {
    const smtp = await smtpOf({}, 'nenhuma', { servidor: 'smtp.example.com' });

    expect(await sendEmail(smtp, CARTA, ENVIO)).toEqual({
      ok: false,
      mensagem: expect.stringContaining('Sem criptografia'),
    });
  });
});

test('a line break that slipped in becomes no header', async () => {
  const smtp = await smtpOf({}, 'nenhuma', { de: 'avisos@provedor.example\r\nBcc: outro@example.com' });

  await sendEmail(smtp, { ...CARTA, assunto: 'um\r\nBcc: outro@example.com' }, ENVIO);

  expect(correio.cartas.flatMap(({ para }) => para)).not.toContain('outro@example.com');
  expect(correio.cartas.map(({ header }) => header('Bcc')).filter(Boolean)).toEqual([]);
});
