// A file sent by multipart: its fields and bytes come out whole, and what cannot be taken is refused before it costs anything.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Problem } from '../../src/problem.ts';
import { receiveEnvio } from '../../src/web/envio.ts';

let server: Server;
let unhandled = 0;
const count = (): void => {
  unhandled += 1;
};

beforeAll(async () => {
  process.on('unhandledRejection', count);
  const app = express();
  app.post('/', async (req, res) => {
    try {
      const envio = await receiveEnvio({ req });
      res.json({ nome: envio?.nome, bytes: envio?.bytes.length, fim: envio?.bytes.at(-1), campos: req.body });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      res.status(error.status).json({ titulo: error.title, campos: error.fields });
    }
  });
  server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterAll(() => {
  process.off('unhandledRejection', count);
  server.closeAllConnections();
  server.close();
});

const post = () => request(server).post('/');
const MB = 1024 * 1024;

describe('a file', () => {
  test('comes with its name, its bytes and the fields around it', async () => {
    const bytes = Buffer.alloc(3 * MB, 7);
    const answer = await post()
      .field('acao', 'bloquear')
      .attach('arquivo', bytes, 'lista ç.csv')
      .field('motivo', 'é');

    expect(answer.body).toEqual({
      nome: 'lista ç.csv',
      bytes: 3 * MB,
      fim: 7,
      campos: { acao: 'bloquear', motivo: 'é' },
    });
  });

  test('may be left out: then there are only fields', async () => {
    const empty = await post().field('acao', 'criar').attach('arquivo', Buffer.alloc(0), { filename: '' });
    const none = await post().type('form').send({ acao: 'criar' });

    expect(empty.body).toEqual({ campos: { acao: 'criar' } });
    expect([none.status, none.body.nome]).toEqual([200, undefined]);
  });

  test('of exactly 20 MB goes through', async () => {
    const answer = await post().attach('arquivo', Buffer.alloc(20 * MB), 'a.csv');

    expect(answer.body.bytes).toBe(20 * MB);
  });
});

describe('refused', () => {
  test('above 20 MB, by what it says and by what it is', async () => {
    const said = await post().attach('arquivo', Buffer.alloc(21 * MB), 'a.csv');
    const hidden = await post().attach('arquivo', Buffer.alloc(20 * MB + 1), 'a.csv');

    expect([said.status, hidden.status]).toEqual([413, 413]);
    expect(said.body).toEqual({
      titulo: 'O arquivo passa de 20 MB.',
      campos: { arquivo: 'Envie um arquivo de até 20 MB.' },
    });
  });

  test('empty, in another field, or two at once', async () => {
    const empty = await post().attach('arquivo', Buffer.alloc(0), 'vazio.csv');
    const other = await post().attach('file', Buffer.from('1'), 'a.csv');
    const two = await post()
      .attach('arquivo', Buffer.from('1'), 'a.csv')
      .attach('arquivo', Buffer.from('2'), 'b.csv');

    expect([empty, other, two].map(({ status }) => status)).toEqual([422, 422, 422]);
    expect(empty.body.campos.arquivo).toContain('está vazio');
    expect(other.body.campos.arquivo).toContain('no campo “arquivo”');
    expect(two.body.campos.arquivo).toContain('um arquivo só');
  });

  test('without a boundary, or cut in the middle', async () => {
    const without = await post().set('Content-Type', 'multipart/form-data').send('x');
    const cut = await post()
      .set('Content-Type', 'multipart/form-data; boundary=x')
      .send('--x\r\nContent-Disposition: form-data; name="arquivo"; filename="a.csv"\r\n\r\nabc');

    expect([without.status, cut.status]).toEqual([422, 422]);
    expect(cut.body.titulo).toBe('O arquivo não chegou inteiro.');
  });

  test('by a sender that goes away in the middle nothing is left hanging', async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 9999\r\n\r\n' +
        '--x\r\nContent-Disposition: form-data; name="arquivo"; filename="a.csv"\r\n\r\nabc',
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));

    expect((await post().type('form').send({})).status).toBe(200);
    expect(unhandled).toBe(0);
  });
});
