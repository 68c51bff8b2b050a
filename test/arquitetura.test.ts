// The rules hold, and each of them would notice.
import { describe, expect, it } from 'vitest';
import { readFiles, violations } from './arquitetura.ts';

const planted = (path: string, text: string) => violations([{ path, text }]);

it('the project breaks none of its rules', () => {
  expect(violations()).toEqual([]);
});

it('the rules look at everything people write', () => {
  const paths = readFiles(new URL('..', import.meta.url).pathname).map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'src/server.ts',
      'src/sync/atendimento/planejador.ts',
      'src/demo/main.ts',
      'test/arquitetura.ts',
      'views/layout.ejs',
      'migrations/0001_base.sql',
      'manifest.json',
    ]),
  );
  expect(paths.filter((path) => path.includes('node_modules'))).toEqual([]);
});

describe('who may import whom', () => {
  it.each([
    ['src/web/a.ts', "import { x } from '../teleclinica/port.ts';"],
    ['src/web/a.ts', "import { x } from '../demo/mundo.ts';"],
    ['src/sync/a.ts', "import type { X } from '../web/app.ts';"],
    ['src/sync/a.ts', "const x = await import('../demo/mundo.ts');"],
    ['src/ixc/a.ts', "import { x } from '../sync/tipos.ts';"],
    ['src/ixc/a.ts', "export { x } from '../teleclinica/port.ts';"],
    ['src/teleclinica/a.ts', "import { x } from '../ixc/tipos.ts';"],
    ['src/teleclinica/a.ts', "import\n  '../sync/tipos.ts';"],
    ['src/db.ts', "import { x } from './sync/tipos.ts';"],
    ['src/server.ts', "import { x } from './demo/mundo.ts';"],
    ['src/sync/a.ts', "import { x } from '../../test/setup/banco.ts';"],
  ])('is noticed: %s %s', (path, text) => {
    expect(planted(path, text)).toEqual([expect.stringContaining('não pode importar')]);
  });

  it.each([
    ['src/web/a.ts', "import { x } from '../sync/tipos.ts'; import { y } from '../ixc/tipos.ts';"],
    ['src/sync/a.ts', "import { x } from '../teleclinica/port.ts'; import { y } from './b.ts';"],
    ['src/ixc/a.ts', "import { x } from '../db.ts';"],
    ['src/server.ts', "import { x } from './web/app.ts';"],
    ['src/demo/simulador/a.ts', "import { x } from '../../teleclinica/port.ts';"],
    ['test/setup/a.ts', "import { x } from '../../src/demo/mundo.ts';"],
  ])('is allowed: %s %s', (path, text) => {
    expect(planted(path, text)).toEqual([]);
  });
});

describe('one door per library', () => {
  it.each([
    ['src/sync/a.ts', "import mysql from 'mysql2/promise';"],
    ['src/web/a.ts', "import axios from 'axios';"],
    ['src/teleclinica/adaptador.ts', "import axios from 'axios';"],
    ['src/sync/a.ts', "import express from 'express';"],
    ['src/sync/a.ts', "import ejs from 'ejs';"],
    ['src/sync/a.ts', "const x = process.env['X'];"],
    ['src/server.ts', 'const { X } = process.env;'],
  ])('is noticed: %s %s', (path, text) => {
    expect(planted(path, text)).toEqual([expect.stringContaining(' só em ')]);
  });

  it.each([
    ['src/db.ts', "import mysql from 'mysql2/promise';"],
    ['src/teleclinica/http.ts', "import axios from 'axios';"],
    ['src/web/app.ts', "import express from 'express';"],
    ['src/config.ts', 'export const environment = () => process.env;'],
    ['src/demo/a.ts', "import mysql from 'mysql2/promise'; import express from 'express'; process.env['X'];"],
  ])('is allowed: %s %s', (path, text) => {
    expect(planted(path, text)).toEqual([]);
  });
});

describe('IXC is only read', () => {
  it.each([
    'SELECT id FROM cliente FOR UPDATE',
    'SELECT id FROM cliente\n  LOCK IN SHARE MODE',
    "UPDATE cliente SET ativo = 'N'",
    'INSERT INTO cliente (id) VALUES (1)',
    'DELETE FROM cliente_contrato',
    'CREATE INDEX rapido ON cliente (razao)',
  ])('a planted “%s” is noticed', (sql) => {
    expect(planted('src/ixc/a.ts', `const SQL = \`${sql}\`;`)).toHaveLength(1);
    expect(planted('src/sync/a.ts', `const SQL = \`${sql}\`;`)).toEqual([]);
  });
});

describe('a view', () => {
  it.each([
    '<%- locals.nome %>',
    '<p><%- usuario.mensagem %></p>',
    '<button hx-on:click="alert(1)">',
    `<form hx-vals='js:{a: 1}'>`,
    '<a href="javascript:void(0)">',
    '<p style="color:red">',
    '<style>p{}</style>',
    '<script>alert(1)</script>',
    '<button onclick="x()">',
    '<form hx-trigger="keyup[ctrlKey]">',
  ])('with a planted %s is noticed', (text) => {
    expect(planted('views/a.ejs', text)).toHaveLength(1);
    expect(planted('src/demo/ixc/views/a.ejs', text)).toHaveLength(1);
  });

  it.each([
    "<%- include('_grade') %>",
    '<%- locals.corpo %>',
    '<script src="<%= locals.arquivo(\'app.js\') %>" defer></script>',
    '<form hx-trigger="submit, change">',
    '<p><%= locals.nome %></p>',
  ])('with %s is allowed', (text) => {
    expect(planted('views/a.ejs', text)).toEqual([]);
  });
});

it('a word of the workshop is noticed anywhere', () => {
  for (const [one, two] of [
    ['../sha', 'red/design.md'],
    ['/wo', 'rk/main'],
    ['clau', 'de'],
  ]) {
    expect(planted('README.md', `veja ${one}${two}`)).toHaveLength(1);
  }
  expect(planted('README.md', 'veja o guia')).toEqual([]);
});
