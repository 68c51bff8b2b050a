// What the browser keeps: the stylesheet and the script, each joined from its parts, htmx, and the icons drawn into pages.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, Router } from 'express';
import { sha256 } from '../crypto.ts';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const PUBLIC = path.join(ROOT, 'public');
const HTMX = path.join(ROOT, 'node_modules/htmx.org/dist/htmx.min.js');
// Parts are joined in the order of their names: many small files to read, one request to make.
const JOINED: Record<string, string> = { 'app.css': 'estilo', 'app.js': 'script' };
const KEEP = { immutable: true, maxAge: '1y' };

export interface Arquivos {
  /** The address of a file of ours, which changes with its content: browsers keep it for ever. */
  address(name: string): string;
  /** An icon of `public/icones` (Lucide) as inline SVG, hidden from screen readers: a word always stands beside it. */
  icone(name: string): string;
  handlers: RequestHandler[];
}

/** Reads and joins what is served under `basePath`, once per process. */
export function createArquivos(basePath: string): Arquivos {
  const contents = new Map<string, Buffer>();
  const contentOf = (name: string): Buffer => {
    const content = contents.get(name) ?? readContent(name);
    contents.set(name, content);
    return content;
  };
  const icones = new Map<string, string>();

  const joined = Router();
  for (const name of Object.keys(JOINED)) {
    joined.get(`/${name}`, (_req, res) => {
      res.type(path.extname(name)).set('Cache-Control', 'public, max-age=31536000, immutable');
      res.send(contentOf(name));
    });
  }
  joined.get('/htmx-4.0.1.min.js', (_req, res) => res.sendFile(HTMX, { ...KEEP, dotfiles: 'allow' }));

  return {
    address: (name) => `${basePath}/${name}?v=${sha256(contentOf(name)).toString('hex').slice(0, 12)}`,
    icone(name) {
      const icone = icones.get(name) ?? readIcone(name);
      icones.set(name, icone);
      return icone;
    },
    handlers: [joined, express.static(PUBLIC, { ...KEEP, index: false, redirect: false })],
  };
}

function readContent(name: string): Buffer {
  const folder = JOINED[name];
  if (folder === undefined) return readFileSync(path.join(PUBLIC, name));
  const parts = readdirSync(path.join(PUBLIC, folder)).sort();
  return Buffer.concat(parts.map((part) => readFileSync(path.join(PUBLIC, folder, part))));
}

const readIcone = (name: string): string =>
  readFileSync(path.join(PUBLIC, 'icones', `${name}.svg`), 'utf8')
    .trim()
    .replace('<svg ', '<svg class="icone" aria-hidden="true" ');
