// Who decided on the rules in force is forgotten: the next run suggests, whatever the mode, until a person approves.
import { type Db, run } from '../../db.ts';

/** For a new version: what it would do is looked at before it does it. */
export async function holdNextRun(db: Db): Promise<void> {
  await run(db, 'UPDATE varredura SET regime = NULL WHERE id = 1');
}
