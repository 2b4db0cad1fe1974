/**
 * What a person at the bench asks of a connection: it goes behind polls, and nothing follows from it but that a
 * connection that is gone is lost. Read next: link-loop.ts (who owns the connection).
 */
import type { BrowseItem, Link, Point } from '../../../adapters/adapter.ts'
import type { Reading } from '../../core/reading/reading.ts'

type Connected = {
  readonly link: Link
  readonly isOpen: boolean
  readonly state: { readonly cause?: string }
  /** Ends this connection; absent while there is none. */
  readonly lose: ((error: Error) => void) | undefined
}

/** What is below a node, or why that cannot be said. */
export type Browsed = { readonly items: readonly BrowseItem[] } | { readonly why: string; readonly isDown: boolean }

/** Undefined: the link is down. */
export async function look(
  { isOpen, link, lose }: Connected,
  points: readonly Point[],
): Promise<Reading[] | undefined> {
  if (!isOpen) return undefined
  return link.read(points).catch((error: Error) => {
    lose?.(error)
    return undefined
  })
}

/** A node that is not there says nothing about the connection. */
export async function browse(
  { isOpen, link, state }: Connected,
  node: string | undefined,
  limit: number,
): Promise<Browsed> {
  if (link.browse === undefined) return { why: 'what speaks this protocol has no nodes', isDown: false }
  if (!isOpen) return { why: state.cause ?? 'the link is down', isDown: true }
  try {
    return { items: await link.browse(node, limit) }
  } catch (error) {
    return { why: (error as Error).message, isDown: false }
  }
}
