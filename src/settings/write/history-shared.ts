// Keeps earlier versions of settings in the database, so that the console of each replica shows and undoes the same. Keys that stand in a file stand in its earlier versions, too: texts are
// encrypted with a key that comes from the admin token, which all replicas have and the database has not.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { parseJson } from '../../base/json.js';
import type { Secret } from '../../base/secret.js';
import { isJsonObject } from '../../model/segment-event.js';
import type { Postgres, Queries } from '../../postgres/connection.js';
import { orUnavailable } from '../../postgres/unavailable.js';
import type { ChangedBy, HistoryShelf, Kept, KeptChange, KeptChanges } from './history.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** One task at a time, of all replicas; ends with the transaction. */
const LOCK = { name: 'settings_lock', text: `select pg_advisory_xact_lock(hashtext(current_schema || ' settings'))` };

const LIST = {
  name: 'settings_list',
  text: `select id, at::float8 as at, changed_by as by, file, workspaces, version_before as "versionBefore", version_after as "versionAfter", bytes
    from settings_change order by id`,
};

const READ = {
  name: 'settings_read',
  text: 'select id, at::float8 as at, changed_by as by, file, workspaces, texts from settings_change where id = $1',
};

const PUT = {
  name: 'settings_put',
  text: `insert into settings_change (id, at, changed_by, file, workspaces, version_before, version_after, bytes, texts)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
};

const REMOVE = { name: 'settings_remove', text: 'delete from settings_change where id = $1' };

interface Row {
  readonly id: string;
  readonly at: number;
  readonly by: ChangedBy;
  readonly file: string;
  readonly workspaces: readonly string[];
}

interface ListRow extends Row {
  readonly versionBefore: string;
  readonly versionAfter: string;
  readonly bytes: number;
}

/** Texts of a change, which are of no use elsewhere than in their row. */
function createSeal(token: Secret) {
  const key = Buffer.from(hkdfSync('sha256', token.reveal(), '', 'statsig-cdp settings history', 32));
  return {
    close({ id, before, after }: KeptChange): Buffer {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(id));
      const text = Buffer.concat([cipher.update(JSON.stringify({ before, after })), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    /** @returns `undefined` for what another token closed */
    open(id: string, sealed: Buffer): Pick<KeptChange, 'before' | 'after'> | undefined {
      try {
        const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES))
          .setAAD(Buffer.from(id))
          .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
        const texts = parseJson(text.toString());
        if (!isJsonObject(texts) || typeof texts.after !== 'string') return undefined;
        return { before: typeof texts.before === 'string' ? texts.before : undefined, after: texts.after };
      } catch {
        return undefined;
      }
    },
  };
}

/**
 * Versions that were kept under another token cannot be read any more: they are listed, and neither shown nor undone.
 *
 * @param token of the operators, which all replicas have
 */
export function historyOfReplicas(database: Postgres, token: Secret): HistoryShelf {
  const seal = createSeal(token);

  function changesBy(queries: Queries): KeptChanges {
    return {
      async list() {
        const { rows } = await queries.query<ListRow>(LIST);
        return rows.map(({ bytes, ...summary }): Kept => ({ summary, bytes }));
      },
      async read(id) {
        const { rows } = await queries.query<Row & { readonly texts: Buffer }>(READ, [id]);
        const [row] = rows;
        if (row === undefined) return undefined;
        const { texts, ...rest } = row;
        const opened = seal.open(id, texts);
        return opened && { ...rest, ...opened };
      },
      async put(change, { summary, bytes }) {
        const { id, at, by, file, workspaces, versionBefore, versionAfter } = summary;
        const sealed = seal.close(change);
        await queries.query(PUT, [id, at, by, file, workspaces, versionBefore, versionAfter, bytes, sealed]);
      },
      async remove(id) {
        await queries.query(REMOVE, [id]);
      },
    };
  }

  return {
    alone: (task) =>
      orUnavailable(() =>
        database.transaction(async (queries) => {
          await queries.query(LOCK);
          return task(changesBy(queries));
        }),
      ),
  };
}
