// manifest.json read and checked: who we are, what we show inside IXC, what we read there, and how we are launched.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const Key = z.string().regex(/^[a-z][a-z0-9-]*$/);
const Version = z.string().regex(/^\d+\.\d+\.\d+$/);
const Name = z.string().regex(/^\w+$/);
const Papel = z.enum(['ver', 'operar', 'cancelar', 'aprovar', 'configurar', 'dados']);
const Situacao = z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido']);
const Address = z.string().regex(/^\/[a-z]*$/);

const Entrada = z.strictObject({
  key: Key,
  label: z.string().min(1).describe('What people read'),
  path: z
    .string()
    .startsWith('/')
    .describe('Where to land, under BASE_PATH; {id} is the contract of the IXC page'),
  permission: Papel.describe('The role without which the server refuses'),
});

const Botao = z.strictObject({
  ...Entrada.shape,
  when: z
    .array(Situacao)
    .min(1)
    .optional()
    .describe('Situações of the usuário in which the button makes sense; always, when left out'),
  confirm: z
    .enum(['simples', 'motivo', 'numero-do-contrato'])
    .optional()
    .describe('What the plugin asks before it acts: a yes, a reason, or also the number of a contract'),
});

const Saida = z.strictObject({
  hosts: Name.describe('The variable that lists the hosts'),
  protocol: z.array(z.enum(['https', 'http', 'smtp'])),
  purpose: z.string().min(1),
});

/** A table of IXC's, and what is read of it. */
export const Table = z.strictObject({
  table: Name,
  columns: z.array(Name).min(1),
  purpose: z.string().min(1),
});

/** The shape of manifest.json; `plugin/manifest.schema.json` is made from it. */
export const Manifest = z
  .strictObject({
    $schema: z.string().optional(),
    manifestVersion: z.literal(1),
    id: Key.describe('Never changes'),
    name: z.string().min(1),
    version: Version.describe("package.json's"),
    description: z.string().min(1),
    language: z.literal('pt-BR'),
    license: z.string().min(1),
    compatibility: z
      .strictObject({
        ixc: z.strictObject({
          product: z.string(),
          requires: z
            .literal('database.ixc')
            .describe(
              'IXC publishes no version of its tables: what decides is that every listed column is there',
            ),
          database: z.string().regex(/^mariadb >= [\d.]+$/),
        }),
        database: z.string().regex(/^mariadb >= [\d.]+$/),
        node: z.string().regex(/^>= [\d.]+$/),
        php: z.string().regex(/^>= [\d.]+$/),
        webServer: z.array(z.string().regex(/^(nginx|apache) >= [\d.]+$/)),
      })
      .describe('What this version runs with'),
    menu: z.array(z.strictObject({ ...Entrada.shape, parent: z.string().describe("IXC's menu") })),
    contractPanel: z.strictObject({
      ...Entrada.shape,
      minHeight: z.number().int().positive().describe('Pixels, until the panel has told its own height'),
    }),
    contractButtons: z.array(Botao),
    launch: z
      .strictObject({
        method: z.literal('POST'),
        path: Address,
        field: Name,
        modeField: Name.describe('Form field that asks for a session without cookie'),
        typ: z.string(),
        audience: Key,
        algorithms: z.array(z.enum(['EdDSA', 'HS256'])).min(1),
        maxAgeSeconds: z.number().int().positive(),
        clockSkewSeconds: z.number().int().nonnegative(),
        maxTokenBytes: z.number().int().positive(),
        claims: z.array(Name),
        optionalClaims: z.array(Name),
      })
      .describe('The way in, for the server and for the bridge alike'),
    health: z.strictObject({ live: Address, ready: Address, version: Address, metrics: Address }),
    network: z.strictObject({
      ingress: z.array(
        z.strictObject({ from: z.string(), protocol: z.array(z.enum(['http'])), purpose: z.string() }),
      ),
      egress: z.array(Saida),
    }),
    lifecycle: z
      .strictObject({
        start: z.string(),
        migrate: z.string(),
        doctor: z.string(),
        migrations: z.literal('forward-only'),
        uninstall: z.strictObject({ keepsData: z.literal(true), cancelsAtPartner: z.literal(false) }),
      })
      .describe('What is run when, and what is never done'),
    database: z.strictObject({
      own: z.strictObject({ grants: z.array(z.string().regex(/^[A-Z ]+$/)).min(1), purpose: z.string() }),
      ixc: z.array(Table).describe("Every column of IXC's that is ever read: the GRANTs are made from it"),
    }),
  })
  .meta({ title: 'Tele Clínica for IXC Provedor: manifest.json' });

export type Manifest = z.output<typeof Manifest>;

/** manifest.json. @throws ZodError when it does not have its shape. */
export const readManifest = (): Manifest =>
  Manifest.parse(JSON.parse(readFileSync(new URL('../manifest.json', import.meta.url), 'utf8')));
