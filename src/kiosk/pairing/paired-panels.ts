import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Clock } from '../../lib/clock.ts';
import { InternalError, UsageError } from '../../lib/errors.ts';
import { ExclusiveRunner } from '../../lib/exclusive.ts';
import type { PairedPanel } from '../admin-state.ts';
import type { PanelRole } from '../room-state.ts';

export interface PairedPanelsDeps {
  readonly clock: Clock;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly kept: { read: () => Promise<string | null>; write: (text: string) => Promise<void> };
}

const MOST_PANELS = 32;

const panelSchema = v.object({
  id: v.string(),
  name: v.string(),
  role: v.picklist(['panel', 'door']),
  pairedAt: v.number(),
  /** SHA-256 of the token, base64url: the file opens nothing. */
  token: v.string(),
});
const listSchema = v.pipe(v.string(), v.parseJson(), v.array(panelSchema));
type Kept = v.InferOutput<typeof panelSchema>;

/**
 * The panels on the network that this room knows, by the hash of the token that each holds.
 *
 * INVARIANTS
 * - A revoked token opens nothing from the moment `revoke` resolves.
 * - A file that cannot be read knows nobody; it is written anew only when a panel is paired.
 */
export class PairedPanels {
  readonly #deps: PairedPanelsDeps;
  readonly #one = new ExclusiveRunner(() => new InternalError('pairing/closed', 'The room is stopping'));
  readonly #seen = new Map<string, number>();
  readonly #revoked = new Set<(id: string) => void>();
  #panels: readonly Kept[] | null = null;

  constructor(deps: PairedPanelsDeps) {
    this.#deps = deps;
  }

  async list(): Promise<readonly PairedPanel[]> {
    return (await this.#load()).map(({ id, name, role, pairedAt }) => ({
      id,
      name,
      role,
      pairedAt,
      seenAt: this.#seen.get(id) ?? null,
    }));
  }

  /** Returns the token, which is kept nowhere else. @throws {UsageError} pairing/too-many. */
  add(role: PanelRole): Promise<{ token: string; id: string }> {
    return this.#one.run(async () => {
      const panels = await this.#load();
      if (panels.length >= MOST_PANELS)
        throw new UsageError('pairing/too-many', 'This room has as many panels as it can: remove one in the settings');
      const token = encode(this.#deps.randomBytes(32));
      const id = encode(this.#deps.randomBytes(9));
      const number = panels.filter((each) => each.role === role).length + 1;
      const name = `${role === 'door' ? 'Door' : 'Panel'} ${number}`;
      await this.#save([...panels, { id, name, role, pairedAt: this.#deps.clock.wallMs(), token: digest(token) }]);
      return { token, id };
    });
  }

  /** Whoever holds this token; null: nobody we know. */
  async find(token: string): Promise<{ id: string; role: PanelRole } | null> {
    const hash = digest(token);
    // Compared by hash: how long it takes tells nothing of a token.
    const found = (await this.#load()).find((each) => each.token === hash);
    if (!found) return null;
    this.#seen.set(found.id, this.#deps.clock.wallMs());
    return { id: found.id, role: found.role };
  }

  /** @throws {UsageError} pairing/unknown. */
  revoke(id: string): Promise<void> {
    return this.#one.run(async () => {
      const panels = await this.#load();
      if (!panels.some((each) => each.id === id)) throw new UsageError('pairing/unknown', 'There is no such panel');
      await this.#save(panels.filter((each) => each.id !== id));
      this.#seen.delete(id);
      for (const listener of this.#revoked) listener(id);
    });
  }

  /** Streams of a revoked panel end. Returns the function that unsubscribes. */
  onRevoked(listener: (id: string) => void): () => void {
    this.#revoked.add(listener);
    return () => void this.#revoked.delete(listener);
  }

  async #load(): Promise<readonly Kept[]> {
    if (this.#panels) return this.#panels;
    const parsed = v.safeParse(listSchema, (await this.#deps.kept.read()) ?? '[]');
    return (this.#panels ??= parsed.success ? parsed.output : []);
  }

  async #save(panels: readonly Kept[]): Promise<void> {
    await this.#deps.kept.write(`${JSON.stringify(panels, null, 2)}\n`);
    this.#panels = panels;
  }
}

const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const digest = (token: string): string => createHash('sha256').update(token).digest('base64url');
