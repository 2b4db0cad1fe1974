/**
 * What a tree of this repository does with one input of a row. The probes know only what each tree has: its commands,
 * its HTTP interface, and the programs of its test support, so that the same file is run in the tree as it was and in
 * this one. Read next: run.ts.
 */

export type Seen = {
  /** Of test/field/ROWS.md. */
  readonly row: string
  readonly input: string
  readonly saw: string
  /** Whether it is what the row says is right. */
  readonly right: boolean
}

export type Probe = {
  readonly row: string
  readonly input: string
  /** What it did, and whether that is right. */
  look(): Promise<readonly [saw: string, right: boolean]>
}

/** One after the other; what breaks off was not right. */
export async function lookAt(probes: readonly Probe[]): Promise<Seen[]> {
  const seen: Seen[] = []
  for (const { row, input, look } of probes) {
    const [saw, right] = await look().catch((error: Error) => [`broke off: ${error.message}`, false] as const)
    seen.push({ row, input, saw: saw.replaceAll(/\s+/g, ' ').trim().slice(0, 160), right })
  }
  return seen
}
