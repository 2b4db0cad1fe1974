/** "Did you mean …?" for a name that is not known. Pure. */

/** Names that are looked at; a file of a megabyte may hold thousands, and ask for as many. */
const MOST_COMPARED = 300

/** Advice about an unknown name: the nearest known name, or a list of them. `nothing` when there are none. */
export function suggest(wrong: string, known: readonly string[], nothing = 'there are none'): string {
  const nearest = nearestOf(wrong, known)
  if (nearest !== undefined) return `did you mean "${nearest}"?`
  if (known.length === 0) return nothing
  const shown = known.slice(0, 12).join(', ')
  return `use one of: ${shown}${known.length > 12 ? ', …' : ''}`
}

/** The known name that was most likely meant, if it is near enough. */
export function nearestOf(wrong: string, known: readonly string[]): string | undefined {
  const limit = Math.floor(wrong.length / 3)
  let best: { name: string; distance: number } | undefined
  for (const name of known.slice(0, MOST_COMPARED)) {
    if (Math.abs(name.length - wrong.length) > limit) continue
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase())
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { name, distance }
  }
  return best?.name
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1)
      row.push(cost)
    }
    before = above
    above = row
  }
  return above[b.length]!
}
