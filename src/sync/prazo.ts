// The prazo de cancelamento.

/** Days between the block and the cancellation when a cancellation is not ordered for now (decisions 9). */
export const PRAZO_DE_CANCELAMENTO_DIAS = 7;
