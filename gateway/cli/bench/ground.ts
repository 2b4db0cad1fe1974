/** What the files of the bench stand on: what is read, and what is said when it cannot be. Read next: link.ts. */
import type { BrowsedNode, BrowseItem, Point } from '../../../adapters/adapter.ts'
import { GatewayError } from '../../core/ground/failure.ts'
import type { Reading } from '../../core/reading/reading.ts'

export type BenchLink = {
  readonly where: string
  /**
   * One answer per point, in order; through a gateway only blocks of registers. Rejects with a GatewayError when there
   * is no connection, or after Ctrl-C.
   */
  read(points: readonly Point[]): Promise<readonly Reading[]>
  /** Where the protocol can: what is below a node, or below the root. */
  browse?(node: string | undefined, limit: number): Promise<BrowseItem[]>
  /** Everything below a node by its path, at most so many. */
  walk?(node: string | undefined, most: number): Promise<BrowsedNode[]>
  close(): Promise<void>
}

/** For the person who asked, in one line. */
export function refused(message: string): GatewayError {
  return new GatewayError('link', 'bench', message)
}
