/**
 * Whom a link trusts and who it is, as a person sees it: plain data that an adapter makes, and that crosses threads.
 * Nothing is decided by it. Read next: adapters/adapter.ts (`TrustDesk`).
 */

/** A certificate as a person sees it. Times are UTC ms. */
export type TrustItem = {
  readonly place: 'own' | 'trusted' | 'rejected' | 'issuer'
  readonly file: string
  readonly subject: string
  readonly issuer: string
  /** SHA-1 of the whole, in capitals: what OPC UA servers and their tools show. */
  readonly thumbprint: string
  readonly fromMs: number
  readonly toMs: number
  readonly applicationUri: string | undefined
  readonly hosts: readonly string[]
  /** The server showed this one last. */
  readonly isSeen: boolean
  readonly faults: readonly { readonly kind: string; readonly what: string; readonly todo: string }[]
}

export type TrustReport = {
  readonly items: readonly TrustItem[]
  /** What the server thought of our certificate; absent: it was not asked yet. */
  readonly ours?: 'accepted' | 'refused'
  readonly applicationUri?: string
  /** Where the server says that it is, where that is not what the site file says. */
  readonly namedEndpoint?: string
  readonly seenAtMs?: number
}

/** Of a link that uses certificates. */
export type LinkTrust = TrustReport & { readonly link: string }
