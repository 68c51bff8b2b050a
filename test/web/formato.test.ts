// Dates, times and money as they are read in Brazil.
import { expect, test } from 'vitest';
import {
  dia,
  dinheiro,
  documento,
  hora,
  iso,
  momento,
  quando,
  valorDigitado,
} from '../../src/web/formato.ts';

test('a day of IXC keeps its day', () => {
  expect([dia('2026-03-01'), dia(null), dia('2026-03-01 10:00:00')]).toEqual([
    '01/03/2026',
    '—',
    '01/03/2026',
  ]);
});

test('our UTC moments are shown in Brasília time', () => {
  expect(momento('2026-03-01 02:30:05.123456')).toBe('28/02/2026 23:30:05');
  expect(momento(null)).toBe('—');
  expect(iso('2026-03-01 02:30:05.123456')).toBe('2026-03-01T02:30:05.123Z');
});

test('today is told by the time alone', () => {
  const now = new Date('2026-03-01T12:00:00Z');

  expect(hora('2026-03-01 11:30:05', now)).toBe('08:30:05');
  expect(hora('2026-02-27 11:30:05', now)).toBe('27/02/2026 08:30:05');
  expect(quando('2026-03-01 11:30:05', now)).toBe('às 08:30:05');
  expect(quando('2026-02-27 11:30:05', now)).toBe('em 27/02/2026 08:30:05');
});

test('money has its comma, its points and its sign', () => {
  expect(dinheiro(123_456).replace(/\s/g, ' ')).toBe('R$ 1.234,56');
  expect(valorDigitado(4990)).toBe('49,90');
});

test('documents are masked, always', () => {
  expect([documento('52998224725'), documento('')]).toEqual(['***.982.247-**', '—']);
});
