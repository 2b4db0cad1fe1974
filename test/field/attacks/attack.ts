/** What an attack is: it works against the gateway at `url` until `signal` is aborted, and says how much it did. */
export type Attack = (url: URL, signal: AbortSignal) => Promise<number>
