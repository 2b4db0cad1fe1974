/**
 * For a program that takes events of a gateway: each is handed on once, in the order of its chain, however often and in
 * whatever order it was delivered. It works for MQTT, server-sent events (with `chained=true`) and webhooks alike, and
 * knows nothing of them.
 * It asks nobody for what is missing; it says what that is. Pure, and takes nothing from elsewhere, so that it can be
 * copied.
 *
 *   put(event) ─► what may be handed on now        gaps() ─► what to read with GET /v1/ledger/entries
 *                                                  fill(gap, entries) ─► what may be handed on now
 *
 * A gap shows when a later event comes. A broker drops what nobody listens to, and says that it has it: so whoever was
 * away from one also reads the log from `unread()` on, once it has subscribed again, and gives `read` the pages.
 *
 * What is to outlive the program is `positions()`: written down after what it hands on was worked on, an event comes
 * again after a crash, and none is left out.
 * Read next: gateway/INTEGRATE.md (how it is used).
 */
/** An event, as MQTT carries it. `machine` is absent in the chain of those that are about no machine. */
export type Chained = {
    readonly seq: number;
    readonly prevSeq: number | null;
    readonly machine?: string;
};
/** An entry as `GET /v1/ledger/entries` has it. */
type Listed = {
    readonly seq: number;
    readonly machine?: string;
};
/** Entries of this chain after one sequence and before another have not come. `after` -1: from the begin of the log. */
type Gap = {
    readonly chain: string;
    readonly after: number;
    readonly before: number;
};
/** By chain, the sequence of the last event that was handed on; under `*`, `unread()`. */
type Positions = Readonly<Record<string, number>>;
type Inbox<E extends Chained> = {
    put(event: E): readonly (E | Listed)[];
    /** The first gap of each chain. */
    gaps(): readonly Gap[];
    /** `entries`: those after `gap.after` of all chains, in order and without a hole; as many of the gap as there are. */
    fill(gap: Gap, entries: readonly Listed[]): readonly (E | Listed)[];
    /** Where the log goes on after what was read of it; undefined: nothing came yet, and nothing before is wanted. */
    unread(): number | undefined;
    /** `entries`: those from `unread()` on of all chains, in order and without a hole. */
    read(entries: readonly Listed[]): readonly (E | Listed)[];
    positions(): Positions;
    /** Deliveries that were passed over because they had been handed on. */
    doubles(): number;
    /** Events that wait for a gap to be filled. */
    waiting(): number;
};
/**
 * `begin`: a chain of which nothing is known begins with the first entry of the log, so that all before is missing, or
 * with whatever comes first.
 */
export declare function createInbox<E extends Chained>(known?: Positions, begin?: 'log' | 'now'): Inbox<E>;
export {};
