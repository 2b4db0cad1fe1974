/**
 * Whether the primary host application is there, by what it says of itself on its STATE topic. Pure. An older word
 * never replaces a newer one, so that the will of a former life of the host does not send us away.
 * Sections 5.4 and 6.4.24. Read next: sparkplug.ts (the caller).
 */

export type HostState = { readonly online: boolean; readonly timestamp: number }

export const stateTopic = (host: string): string => `spBv1.0/STATE/${host}`

/** What it says now; undefined when it says nothing that is new. */
export function heard(known: HostState | undefined, payload: Uint8Array): HostState | undefined {
  const next = stateIn(payload)
  return next === undefined || next.timestamp < (known?.timestamp ?? 0) ? undefined : next
}

function stateIn(payload: Uint8Array): HostState | undefined {
  try {
    const { online, timestamp } = JSON.parse(new TextDecoder().decode(payload)) as Partial<HostState>
    return typeof online === 'boolean' && Number.isSafeInteger(timestamp)
      ? { online, timestamp: timestamp! }
      : undefined
  } catch {
    return undefined
  }
}
