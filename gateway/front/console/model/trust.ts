/** Certificates as the bench shows them: what needs a person comes first. Pure. */

export type Certificate = {
  readonly place: 'own' | 'trusted' | 'rejected' | 'issuer'
  readonly subject: string
  readonly issuer: string
  readonly thumbprint: string
  readonly from: string
  readonly to: string
  readonly applicationUri?: string
  readonly hosts: readonly string[]
  readonly seen: boolean
  readonly faults: readonly { readonly kind: string; readonly what: string; readonly todo: string }[]
}

export type Trusted = {
  readonly link: string
  readonly ours?: 'accepted' | 'refused'
  readonly applicationUri?: string
  readonly namedEndpoint?: string
  readonly certificates: readonly Certificate[]
}

/** The one that the server showed and nobody trusts is what somebody has to decide. */
export function orderOf(certificates: readonly Certificate[]): readonly Certificate[] {
  const rank = ({ place, seen }: Certificate) => (place === 'rejected' && seen ? 0 : RANKS[place])
  return certificates.toSorted((a, b) => rank(a) - rank(b))
}

const RANKS = { trusted: 1, own: 2, issuer: 3, rejected: 4 } as const

/** Of these faults those that a person may accept; an unknown certificate is what approving is for. */
export function acceptable(faults: Certificate['faults']): string[] {
  return faults.map(({ kind }) => kind).filter((kind) => ACCEPTABLE.has(kind))
}

const ACCEPTABLE = new Set(['uri-differs', 'host-differs', 'wrong-usage'])
