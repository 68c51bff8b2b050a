// The webhook's own promises: where it goes, what it refuses, and that it never waits for ever.
import { afterEach, describe, expect, test } from 'vitest';
import { checkWebhook } from '../../../src/sync/avisos/destino.ts';
import { sendWebhook, sign } from '../../../src/sync/avisos/webhook.ts';
import { startCorreio } from './correio.ts';
import { type Receptor, startReceptor } from './receptor.ts';

const CORPO = { id: 'abc-1', texto: '{"id":"abc-1"}' };
let receptor: Receptor | undefined;
afterEach(() => receptor?.down());

const send = (url: string, prazoMs = 5_000, hosts = ['127.0.0.1']) =>
  sendWebhook({ url, segredo: 'um segredo comprido' }, CORPO, { hosts, prazoMs });

test('the signature is a known one', () => {
  // Computed with: printf '1700000000.{"id":"abc-1"}' | openssl dgst -sha256 -hmac 'segredo'
  expect(sign('segredo', CORPO.texto, 1_700_000_000_999)).toBe(
    't=1700000000,v1=6a6af17156fd0999598fe2189a9e1e86f1baa437d1099861a2d25cd6e9815e33',
  );
});

describe('an address', () => {
  test.each([
    ['https://exemplo.com.br/avisos?token=1', []],
    ['https://[2606:4700::1]/', []],
    ['https://10.0.0.5/avisos', ['10.0.0.5']],
    ['http://127.0.0.1:9000/', ['127.0.0.1:9000']],
    ['http://localhost:9000/', ['localhost']],
  ])('%s is taken', (url, hosts) => {
    expect(checkWebhook(url, hosts)).toBeUndefined();
  });

  test.each([
    ['http://exemplo.com.br/', 'Use https://'],
    ['http://10.0.0.5/', 'Use https://'],
    ['https://10.0.0.5/', 'AVISOS_HOSTS'],
    ['https://0x7f.1/', 'AVISOS_HOSTS'],
    ['https://[::ffff:10.0.0.5]/', 'AVISOS_HOSTS'],
    ['https://169.254.169.254/latest', 'AVISOS_HOSTS'],
    ['http://127.0.0.1:9000/', 'AVISOS_HOSTS'],
    ['https://a:b@exemplo.com.br/', 'usuário e a senha'],
    ['https://exemplo.com.br/#a', '#'],
    ['ftp://exemplo.com.br/', 'Só https://'],
    ['file:///etc/passwd', 'Só https://'],
    ['https://exemplo.com.br/\r\nX: y', 'endereço completo'],
    ['exemplo.com.br', 'endereço completo'],
  ])('%s is refused', (url, why) => {
    expect(checkWebhook(url, ['127.0.0.1:1'])).toContain(why);
  });

  test('that is a name of this computer is refused when the socket opens, unless listed', async () => {
    expect(await send('https://localhost:9/', 2_000, [])).toEqual({
      ok: false,
      mensagem: expect.stringContaining('AVISOS_HOSTS'),
    });
  });
});

test('a receiver that never answers is left at the deadline', async () => {
  receptor = await startReceptor();
  receptor.answerWith(() => undefined);

  expect(await send(receptor.url, 300)).toEqual({
    ok: false,
    mensagem: expect.stringContaining('não respondeu a tempo'),
  });
});

test('an answer without end is not waited for', async () => {
  receptor = await startReceptor();
  receptor.answerWith((response) => {
    response.writeHead(200);
    response.write('x'.repeat(100_000));
  });

  expect(await send(receptor.url)).toMatchObject({ ok: true });
});

test.each([301, 302, 307, 400, 401, 404, 429, 500, 503])('HTTP %i is no delivery', async (status) => {
  receptor = await startReceptor();
  const { url } = receptor;
  receptor.answerWith((response) => response.writeHead(status, { Location: url }).end());

  expect(await send(url)).toEqual({ ok: false, mensagem: expect.stringContaining(`HTTP ${status}`) });
  expect(receptor.recebidos).toHaveLength(1);
});

test('a certificate that nobody vouches for ends the connection', async () => {
  const correio = await startCorreio({ tls: 'direto' });
  const answer = await send(`https://127.0.0.1:${correio.porta}/`);
  await correio.stop();

  expect(answer).toEqual({ ok: false, mensagem: expect.stringContaining('certificado') });
});
